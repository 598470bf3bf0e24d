import type { AccountStatus, SubAccount } from './sub-account';

/** What the directory says of an account, as far as its rows may have gone on without it. */
export interface RecordedFrame {
  /** The newest epoch that was announced. */
  readonly epochMax: number;
  readonly reach: readonly string[];
  /** The number of the last change of size or placement. */
  readonly operation: number;
  readonly status: AccountStatus;
  readonly statusVersion: number;
}

/** The account's rows on one shard. */
export interface ShardRows {
  readonly shard: string;
  readonly rows: readonly SubAccount[];
}

/** What an account's record must be lifted to, so that its rows follow it again. */
export interface Repair {
  /** Above all that any row has seen. */
  readonly epoch: number;
  /** Every shard that has rows of the account, or that the record names. */
  readonly reach: readonly string[];
  readonly operation: number;
  readonly status: AccountStatus;
  readonly statusVersion: number;
}

/**
 * How a directory record that is behind its rows is lifted above them, after a restore of the directory's database from a
 * backup. The rows do not say under which placements keys were used, so every shard in the repair's reach counts as a past
 * home of every key.
 *
 * @param found the account's rows on every shard of the installation
 * @returns `undefined` when no row is ahead of the record
 */
export function planRepair(record: RecordedFrame, found: readonly ShardRows[]): Repair | undefined {
  const rows = found.flatMap((each) => each.rows);
  const highest = (value: (row: SubAccount) => number, least: number): number =>
    rows.reduce((most, row) => Math.max(most, value(row)), least);
  const reach = new Set(record.reach);
  for (const { shard, rows: here } of found) if (here.length > 0) reach.add(shard);
  const epochMax = highest((row) => row.epoch, 0);
  const statusVersionMax = highest((row) => row.accountStatusVersion, 0);
  const operationMax = highest((row) => row.operation, 0);

  const isStatusBehind = statusVersionMax > record.statusVersion;
  const isBehind =
    epochMax > record.epochMax ||
    reach.size > record.reach.length ||
    isStatusBehind ||
    operationMax > layoutsUpTo(record.operation);
  if (!isBehind) return undefined;
  return {
    epoch: Math.max(epochMax, record.epochMax) + 1,
    reach: [...reach],
    operation: Math.max(record.operation, Math.floor(operationMax / 2)) + 1,
    status: isStatusBehind ? newestStatus(rows) : record.status,
    statusVersion: isStatusBehind ? statusVersionMax + 1 : record.statusVersion,
  };
}

/** Each operation tells the rows of two layouts: while it runs, and once it is done. */
function layoutsUpTo(operation: number): number {
  return 2 * operation + 1;
}

/**
 * The status that the rows were told last. Rows are told "closed" before it is known that the account is empty, so one
 * that still has money is left frozen: an operator decides.
 */
function newestStatus(rows: readonly SubAccount[]): AccountStatus {
  const newest = rows.reduce((best, row) =>
    row.accountStatusVersion > best.accountStatusVersion ? row : best,
  );
  const isEmpty = rows.every((row) => row.availableMinor === 0n && row.heldMinor === 0n);
  if (newest.accountStatus === 'closed' && !isEmpty) return 'frozen';
  // Whether it is above its limit is found out anew.
  return newest.accountStatus === 'overLimit' ? 'active' : newest.accountStatus;
}
