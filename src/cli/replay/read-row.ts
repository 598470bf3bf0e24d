import { isAccountId, isRequestId } from '../../ledger/identifiers';
import { parseAmount } from '../../ledger/money';
import type { LogRow } from './charge';
import type { LogColumns } from './log-columns';

const MILLISECONDS = /^[0-9]{1,15}$/;

/**
 * Reads one row. A row without a request id of its own gets `<idPrefix>-<row>`.
 *
 * `ts_ms` is checked and not sent: the second copy of a repeated charge differs in nothing else, and must meet the
 * first one as the same request.
 */
export function readRow(
  fields: readonly string[],
  {
    row,
    columns,
    idPrefix,
  }: { readonly row: number; readonly columns: LogColumns; readonly idPrefix: string },
): LogRow {
  const bad = (reason: string): LogRow => ({ kind: 'bad', row, reason });
  // More fields than the header often means `1,234` for 1234: reading on would take the wrong amount.
  if (fields.length !== columns.count) return bad(`${fields.length} fields instead of ${columns.count}`);
  const tsMs = field(fields, columns.tsMs);
  if (!MILLISECONDS.test(tsMs)) return bad(`ts_ms ${quoted(tsMs)} is no number of milliseconds`);
  const accountId = field(fields, columns.accountId);
  if (!isAccountId(accountId)) return bad(`account_id ${quoted(accountId)} is no account id`);
  const amount = field(fields, columns.amount);
  const amountMinor = parseAmount(amount);
  if (amountMinor === undefined) return bad(`amount ${quoted(amount)} is no whole number from 1 to 10^18`);
  const own = columns.requestId === undefined ? '' : field(fields, columns.requestId);
  if (own !== '' && !isRequestId(own)) {
    return bad(`request_id ${quoted(own)} is not 1 to 64 printable ASCII characters without blanks`);
  }
  return {
    kind: 'charge',
    charge: { row, accountId, amountMinor, requestId: own === '' ? `${idPrefix}-${row}` : own },
  };
}

function field(fields: readonly string[], position: number): string {
  return fields[position] ?? '';
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
