import { harmless } from '../terminal/harmless';
import { fieldTable, grouped, numberTable } from '../terminal/tables';
import type { Fault } from '../terminal/print-fault';
import type { ReplayResult, Sent } from './replay-log';
import type { AccountTally, Tally } from './tally';

const BUSIEST = 10;

/** The whole result for machines: amounts as digits, all accounts. */
export function reportAsJson(
  result: ReplayResult,
  options: { readonly peakRssBytes: number; readonly error?: Fault },
) {
  const { checked, identity, idPrefix, sent } = result;
  const lines = {
    lines: identity.lines,
    charges: checked.charges,
    badLines: checked.tally.badRowCount,
    blankLines: checked.tally.blankLines,
  };
  const about = {
    file: result.path,
    sha256: identity.sha256,
    ...(idPrefix !== undefined && { idPrefix }),
    log: lines,
  };
  if (sent === undefined)
    return {
      ...about,
      dryRun: true,
      amount: sumOf(checked).toString(),
      badRows: badRowsAsJson(checked.tally),
      peakRssBytes: options.peakRssBytes,
      accounts: Object.fromEntries(
        [...checked.needs].map(([id, { rows, totalMinor }]) => [id, { rows, amount: totalMinor.toString() }]),
      ),
    };
  const { tally, skipped, retries, seconds, topic } = sent;
  const { amountMinor, receivedMinor, received, rows, ...counts } = tally.total();
  const name = topic === undefined ? 'received' : 'produced';
  return {
    ...about,
    completed: sent.failure === undefined,
    rows,
    ...(topic !== undefined && { topic }),
    ...counts,
    [name]: received,
    amount: amountMinor.toString(),
    [topic === undefined ? 'amountReceived' : 'amountProduced']: receivedMinor.toString(),
    skipped: skipped.rowsAnswered,
    skippedRefused: skipped.rowsRefused,
    badRows: badRowsAsJson(tally),
    rejections: { byCode: Object.fromEntries(tally.rejectedBy), first: tally.rejections },
    replayedAfterLostAnswer: tally.replayedAfterLostAnswer,
    retries,
    seconds,
    rowsPerSecond: perSecond(rows, seconds),
    peakRssBytes: options.peakRssBytes,
    ...(sent.accounts === undefined ? {} : { accountsCreated: sent.accounts }),
    accounts: Object.fromEntries(
      [...tally.accounts].map(([id, account]) => [id, accountAsJson(account, name)]),
    ),
    ...(options.error === undefined ? {} : { error: options.error }),
  };
}

function badRowsAsJson({ badRowCount, badRows }: Tally) {
  return { count: badRowCount, first: badRows };
}

function sumOf({ needs }: ReplayResult['checked']): bigint {
  return [...needs.values()].reduce((sum, { totalMinor }) => sum + totalMinor, 0n);
}

function accountAsJson(account: AccountTally, name: 'received' | 'produced') {
  const { rows, succeeded, received, replayed, rejected, amountMinor, receivedMinor, rejectedBy } = account;
  const counts = {
    rows,
    succeeded,
    ...(received > 0 && { [name]: received }),
    replayed,
    rejected,
    amount: amountMinor.toString(),
    ...(received > 0 && {
      [name === 'received' ? 'amountReceived' : 'amountProduced']: receivedMinor.toString(),
    }),
  };
  return rejected === 0 ? counts : { ...counts, rejectedByCode: Object.fromEntries(rejectedBy) };
}

/** The same for people: the busiest accounts, the totals, and the first of what went wrong. */
export function reportAsText(
  result: ReplayResult,
  { peakRssBytes }: { readonly peakRssBytes: number },
): string {
  const { idPrefix, sent } = result;
  if (sent === undefined) return checkAsText(result);
  const { tally, seconds, skipped } = sent;
  const total = tally.total();
  const busiest = [...tally.accounts].sort(([, a], [, b]) => b.rows - a.rows).slice(0, BUSIEST);
  const others = tally.accounts.size - busiest.length;
  const columns =
    sent.topic === undefined ? (total.received > 0 ? RECEIVED_COLUMNS : COLUMNS) : PRODUCED_COLUMNS;
  const fields: Record<string, string> = {
    'rows answered': `${grouped(total.rows)} in ${seconds.toFixed(1)} s, ${grouped(perSecond(total.rows, seconds))}/s`,
    'peak memory': `${Math.ceil(peakRssBytes / 2 ** 20)} MiB`,
    'request ids': requestIdsAsText(result),
    lines: linesAsText(result),
  };
  if (skipped.rowsAnswered > 0) {
    fields['rows skipped'] =
      `${grouped(skipped.rowsAnswered)} answered before, ${grouped(skipped.rowsRefused)} of them refused`;
  }
  if (sent.topic !== undefined)
    fields['to be charged'] =
      `${grouped(total.received)} produced to ${sent.topic}; hotsplit_kafka_lag tells how many are to be read`;
  else if (total.received > 0)
    fields['to be charged'] =
      `${grouped(total.received)} received; hotsplit_intake_waiting tells how many wait`;
  if (sent.retries > 0) fields['tries again'] = grouped(sent.retries);
  if (tally.replayedAfterLostAnswer > 0) {
    fields['lost answers'] =
      `${grouped(tally.replayedAfterLostAnswer)} of the replayed may have been deducted by this run`;
  }
  return [
    numberTable(
      ['account', ...columns.map(([name]) => name)],
      [...busiest, [others > 0 ? `all ${grouped(tally.accounts.size)} accounts` : 'all', total] as const].map(
        ([id, counts]) => [id, ...columns.map(([, of]) => grouped(of(counts)))],
      ),
    ),
    fieldTable(fields),
    ...describeRejections(sent),
    ...describeBadRows(tally, idPrefix),
  ].join('');
}

/** What would be sent: the busiest accounts, the totals, and the first of what cannot be. */
function checkAsText(result: ReplayResult): string {
  const { checked, idPrefix } = result;
  const busiest = [...checked.needs].sort(([, a], [, b]) => b.rows - a.rows).slice(0, BUSIEST);
  return [
    numberTable(
      ['account', 'rows', 'amount'],
      [
        ...busiest.map(([id, { rows, totalMinor }]) => [id, grouped(rows), grouped(totalMinor)]),
        [`all ${grouped(checked.needs.size)} accounts`, grouped(checked.charges), grouped(sumOf(checked))],
      ],
    ),
    fieldTable({
      'request ids': requestIdsAsText(result),
      lines: linesAsText(result),
      sent: 'nothing: this was a dry run',
    }),
    ...describeBadRows(checked.tally, idPrefix),
  ].join('');
}

function requestIdsAsText({ idPrefix, checked }: ReplayResult): string {
  if (checked.chargesWithoutId === 0) return "the log's own";
  return idPrefix === undefined
    ? 'none yet: sending these rows needs --id-prefix'
    : `${idPrefix}-<row>, where the log has none`;
}

function linesAsText({ identity, checked }: ReplayResult): string {
  const { charges, tally } = checked;
  const parts = [
    `${grouped(charges)} charges`,
    `${grouped(tally.badRowCount)} bad`,
    `${grouped(tally.blankLines)} blank`,
  ];
  return `${grouped(identity.lines)}: the header, ${parts.join(', ')}`;
}

type Column = readonly [string, (counts: Omit<AccountTally, 'rejectedBy'>) => number | bigint];

const COLUMNS: readonly Column[] = [
  ['rows', ({ rows }) => rows],
  ['succeeded', ({ succeeded }) => succeeded],
  ['replayed', ({ replayed }) => replayed],
  ['rejected', ({ rejected }) => rejected],
  ['amount deducted', ({ amountMinor }) => amountMinor],
];

/** Of a log that is charged later: what will be deducted is not known yet. */
const RECEIVED_COLUMNS: readonly Column[] = [
  ['rows', ({ rows }) => rows],
  ['received', ({ received }) => received],
  ['charged before', ({ replayed }) => replayed],
  ['rejected', ({ rejected }) => rejected],
  ['amount received', ({ receivedMinor }) => receivedMinor],
];

/** Of a log that is produced to a topic, whose messages somebody reads later. */
const PRODUCED_COLUMNS: readonly Column[] = [
  ['rows', ({ rows }) => rows],
  ['produced', ({ received }) => received],
  ['amount produced', ({ receivedMinor }) => receivedMinor],
];

function describeRejections({ tally }: Sent): string[] {
  if (tally.rejectedBy.size === 0) return [];
  return [
    'Rejected:\n',
    ...[...tally.rejectedBy].map(([code, count]) => `  ${grouped(count)} ${code}\n`),
    'The first of them:\n',
    ...tally.rejections.map(
      ({ row, accountId, requestId, code, detail }) =>
        `  ${harmless(`row ${row}, account ${accountId}, ${requestId}: ${code}: ${detail}`)}\n`,
    ),
  ];
}

function describeBadRows(tally: Tally, idPrefix: string | undefined): string[] {
  if (tally.badRowCount === 0) return [];
  return [
    `Not sent, because they cannot be read: ${grouped(tally.badRowCount)} lines. The first of them:\n`,
    ...tally.badRows.map(
      ({ row, lastRow, reason }) =>
        `  ${harmless(`${row === lastRow ? `row ${row}` : `rows ${row} to ${lastRow}`}: ${reason}`)}\n`,
    ),
    'To send them, correct them without adding or removing rows, and replay the corrected log' +
      `${idPrefix === undefined ? '' : ` with\n--id-prefix ${idPrefix}, as now`}.\n`,
  ];
}

function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0;
}
