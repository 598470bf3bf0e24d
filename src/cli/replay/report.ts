import { fieldTable, grouped, numberTable } from '../terminal/tables';
import type { Fault } from '../terminal/print-fault';
import type { ReplayResult } from './replay-log';
import type { AccountTally } from './tally';

const BUSIEST = 10;

/** The whole result for machines: amounts as digits, all accounts. */
export function reportAsJson(
  result: ReplayResult,
  options: { readonly peakRssBytes: number; readonly error?: Fault },
) {
  const { tally, identity, idPrefix, skipped, retries, seconds } = result;
  const { amountMinor, rows, ...counts } = tally.total();
  return {
    file: result.path,
    sha256: identity.sha256,
    idPrefix,
    completed: result.failure === undefined,
    rows,
    ...counts,
    amount: amountMinor.toString(),
    skipped: skipped.rowsAnswered,
    skippedRefused: skipped.rowsRefused,
    badRows: { count: tally.badRowCount, first: tally.badRows },
    rejections: { byCode: Object.fromEntries(tally.rejectedBy), first: tally.rejections },
    replayedAfterLostAnswer: tally.replayedAfterLostAnswer,
    retries,
    seconds,
    rowsPerSecond: perSecond(rows, seconds),
    peakRssBytes: options.peakRssBytes,
    ...(result.accounts === undefined ? {} : { accountsCreated: result.accounts }),
    accounts: Object.fromEntries([...tally.accounts].map(([id, account]) => [id, accountAsJson(account)])),
    ...(options.error === undefined ? {} : { error: options.error }),
  };
}

function accountAsJson({ rows, succeeded, replayed, rejected, amountMinor, rejectedBy }: AccountTally) {
  const counts = { rows, succeeded, replayed, rejected, amount: amountMinor.toString() };
  return rejected === 0 ? counts : { ...counts, rejectedByCode: Object.fromEntries(rejectedBy) };
}

/** The same for people: the busiest accounts, the totals, and the first of what went wrong. */
export function reportAsText(
  result: ReplayResult,
  { peakRssBytes }: { readonly peakRssBytes: number },
): string {
  const { tally, seconds, skipped, idPrefix } = result;
  const total = tally.total();
  const busiest = [...tally.accounts].sort(([, a], [, b]) => b.rows - a.rows).slice(0, BUSIEST);
  const others = tally.accounts.size - busiest.length;
  const fields: Record<string, string> = {
    'rows answered': `${grouped(total.rows)} in ${seconds.toFixed(1)} s, ${grouped(perSecond(total.rows, seconds))}/s`,
    'peak memory': `${Math.ceil(peakRssBytes / 2 ** 20)} MiB`,
    'request ids': `${idPrefix}-<row>, where the log has none`,
  };
  if (skipped.rowsAnswered > 0) {
    fields['rows skipped'] =
      `${grouped(skipped.rowsAnswered)} answered before, ${grouped(skipped.rowsRefused)} of them refused`;
  }
  if (result.retries > 0) fields['tries again'] = grouped(result.retries);
  if (tally.replayedAfterLostAnswer > 0) {
    fields['lost answers'] =
      `${grouped(tally.replayedAfterLostAnswer)} of the replayed may have been deducted by this run`;
  }
  return [
    numberTable(
      ['account', 'rows', 'succeeded', 'replayed', 'rejected', 'amount deducted'],
      [
        ...busiest.map(([id, account]) => cells(id, account)),
        cells(others > 0 ? `all ${grouped(tally.accounts.size)} accounts` : 'all', total),
      ],
    ),
    fieldTable(fields),
    ...describeRejections(result),
    ...describeBadRows(result),
  ].join('');
}

function cells(name: string, counts: Omit<AccountTally, 'rejectedBy'>): string[] {
  const { rows, succeeded, replayed, rejected, amountMinor } = counts;
  return [name, ...[rows, succeeded, replayed, rejected, amountMinor].map(grouped)];
}

function describeRejections({ tally }: ReplayResult): string[] {
  if (tally.rejectedBy.size === 0) return [];
  return [
    'Rejected:\n',
    ...[...tally.rejectedBy].map(([code, count]) => `  ${grouped(count)} ${code}\n`),
    'The first of them:\n',
    ...tally.rejections.map(
      ({ row, accountId, requestId, code, detail }) =>
        `  row ${row}, account ${accountId}, ${requestId}: ${code}: ${detail}\n`,
    ),
  ];
}

function describeBadRows({ tally, idPrefix }: ReplayResult): string[] {
  if (tally.badRowCount === 0) return [];
  return [
    `Not sent, because they cannot be read: ${grouped(tally.badRowCount)} rows. The first of them:\n`,
    ...tally.badRows.map(({ row, reason }) => `  row ${row}: ${reason}\n`),
    'To send them, correct them without adding or removing rows, and replay the corrected log with\n' +
      `--id-prefix ${idPrefix}; without it, all rows would get new ids and be deducted again.\n`,
  ];
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0;
}
