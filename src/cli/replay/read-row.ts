import { isAccountId, isRequestId } from '../../ledger/identifiers';
import type { LogRow } from './charge';
import { hasFraction, readLogAmount } from './log-amount';
import type { LogColumns } from './log-columns';
import type { LogFormat } from './log-format';
import type { LogRecord } from './read-records';

const MILLISECONDS = /^[0-9]{1,15}$/;

/**
 * Reads one row. A row without a request id of its own gets `<idPrefix>-<row>`.
 *
 * `ts_ms` is checked and not sent: the second copy of a repeated charge differs in nothing else, and must meet the
 * first one as the same request.
 */
export function readRow(
  { fields, firstLine, lastLine, isEnded }: LogRecord,
  {
    row,
    columns,
    idPrefix,
    format,
  }: {
    readonly row: number;
    readonly columns: LogColumns;
    readonly idPrefix: string;
    readonly format: LogFormat;
  },
): LogRow {
  if (typeof fields === 'string') return { kind: 'blank', row };
  const lastRow = row + lastLine - firstLine;
  const bad = (reason: string): LogRow => ({ kind: 'bad', row, lastRow, reason });
  // A quote that somebody forgot to close takes in all rows up to the next quote.
  if (lastRow > row) return bad(`a quote is opened that is closed ${lastRow - row} lines further down only`);
  if (!isEnded && !format.takesLastLine)
    return bad('the last line has no line break and may be cut short; --take-last-line sends it');
  // More fields than the header often means `1,234` for 1234: reading on would take the wrong amount.
  if (fields.length !== columns.count) return bad(`${fields.length} fields instead of ${columns.count}`);
  const tsMs = columns.tsMs === undefined ? '0' : field(fields, columns.tsMs);
  if (!MILLISECONDS.test(tsMs)) return bad(`ts_ms ${quoted(tsMs)} is no number of milliseconds`);
  const accountId = field(fields, columns.accountId);
  if (!isAccountId(accountId)) return bad(`account_id ${quoted(accountId)} is no account id`);
  const amount = field(fields, columns.amount);
  const amountMinor = readLogAmount(amount, format);
  if (amountMinor === undefined)
    return {
      kind: 'bad',
      row,
      lastRow,
      reason: `amount ${quoted(amount)} is ${amountRule(format)}`,
      hasFraction: hasFraction(amount),
    };
  const own = columns.requestId === undefined ? '' : field(fields, columns.requestId);
  if (own !== '' && !isRequestId(own)) {
    return bad(
      `request_id ${quoted(own)} is not 1 to 64 printable ASCII characters without blanks, or is . or ..`,
    );
  }
  return {
    kind: 'charge',
    charge: {
      row,
      accountId,
      amountMinor,
      requestId: own === '' ? `${idPrefix}-${row}` : own,
      hasOwnId: own !== '',
    },
  };
}

function amountRule({ decimals, decimalSeparator }: LogFormat): string {
  if (decimals === 0) return 'no whole number from 1 to 10^18';
  return `no number with up to ${decimals} digits behind a ${quoted(decimalSeparator)}, above 0 and up to 10^18 minor units`;
}

function field(fields: readonly string[], position: number): string {
  return fields[position] ?? '';
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
