import type { Finding } from './audit-finding';
import type { SubAccount } from './sub-account';

/** What the directory says of an account, as far as its rows must keep to it. */
export interface AccountFrame {
  readonly reach: readonly string[];
  /** The newest epoch that was announced. */
  readonly epochMax: number;
  readonly statusVersion: number;
  /** The number of the last change of size or placement. */
  readonly operation: number;
  /** The number of the last step of a change of the credit line. */
  readonly creditVersion: number;
}

/** What one shard has of an account. */
export interface ShardTraces {
  readonly shard: string;
  readonly rows: readonly SubAccount[];
  readonly entries: number;
  readonly transfers: number;
}

/**
 * What of an account stands where the directory does not allow it. The directory always goes ahead of the rows, so with
 * a frame that was read after them every finding is real.
 *
 * @param frame `undefined` when the directory does not know the account
 */
export function judgePlacement(
  accountId: string,
  frame: AccountFrame | undefined,
  traces: readonly ShardTraces[],
): Finding[] {
  return traces.flatMap((each) => {
    if (!frame) return isEmpty(each) ? [] : [misplaced('accountIsKnown', accountId, each, 'no such account')];
    const outside = !frame.reach.includes(each.shard) && holdsAnything(each);
    return [
      ...(outside
        ? [misplaced('shardIsInReach', accountId, each, `nothing outside ${frame.reach.join(', ')}`)]
        : []),
      ...each.rows.flatMap((row) => aheadOf(frame, accountId, each.shard, row)),
    ];
  });
}

/** The directory is changed first and the rows are told, so a row that is ahead has seen what the directory has lost. */
function aheadOf(
  { epochMax, statusVersion, operation, creditVersion }: AccountFrame,
  accountId: string,
  shard: string,
  row: SubAccount,
): Finding[] {
  const compared = [
    ['epoch', row.epoch, epochMax],
    ['version of the status', row.accountStatusVersion, statusVersion],
    // Each operation tells the rows of two layouts.
    ['number of the layout', row.operation, 2 * operation + 1],
    ['number of the grant', row.grantVersion, creditVersion],
  ] as const;
  return compared
    .filter(([, found, most]) => found > most)
    .map(([detail, found, most]) => ({
      invariant: 'epochIsAnnounced',
      accountId,
      shard,
      subAccount: row.index,
      detail,
      expected: `<= ${most}`,
      found: String(found),
    }));
}

function misplaced(
  invariant: 'accountIsKnown' | 'shardIsInReach',
  accountId: string,
  { shard, rows, entries, transfers }: ShardTraces,
  expected: string,
): Finding {
  const minor = rows.reduce((sum, row) => sum + row.availableMinor + row.heldMinor, 0n);
  const found = `${rows.length} rows with ${minor}, ${entries} entries, ${transfers} transfers`;
  return { invariant, accountId, shard, detail: 'rows, entries and transfers', expected, found };
}

function isEmpty({ rows, entries, transfers }: ShardTraces): boolean {
  return rows.length + entries + transfers === 0;
}

/** An empty row that nothing ever happened to does no harm anywhere. */
function holdsAnything({ rows, entries, transfers }: ShardTraces): boolean {
  return (
    entries + transfers > 0 ||
    rows.some((row) =>
      [row.availableMinor, row.heldMinor, row.netMinor, row.movedMinor, row.grantedMinor].some(
        (minor) => minor !== 0n,
      ),
    )
  );
}
