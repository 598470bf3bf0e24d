import type { Finding } from './audit-finding';
import type { SubAccount } from './sub-account';

/** What the directory says of an account, as far as its rows must keep to it. */
export interface AccountFrame {
  readonly reach: readonly string[];
  /** The newest epoch that was announced. */
  readonly epochMax: number;
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
      ...each.rows
        .filter((row) => row.epoch > frame.epochMax)
        .map((row): Finding => ({
          invariant: 'epochIsAnnounced',
          accountId,
          shard: each.shard,
          subAccount: row.index,
          detail: 'epoch',
          expected: `<= ${frame.epochMax}`,
          found: String(row.epoch),
        })),
    ];
  });
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
      [row.availableMinor, row.heldMinor, row.netMinor, row.movedMinor].some((minor) => minor !== 0n),
    )
  );
}
