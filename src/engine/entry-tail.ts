import type { EntryPosition, EntryStand } from '../shards/shard';
import {
  type EntryFilter,
  type EntryReader,
  type ListedEntry,
  type ListingShard,
  mergedEntries,
  positionOf,
  whatFits,
} from './merged-entries';
import { settleEntries } from './settled-entries';

/** How far a reader has come on each shard: behind its last entry there. A shard that is not named is read from its first. */
export type TailPosition = ReadonlyMap<string, EntryStand>;

export interface TailPage extends EntryFilter {
  readonly limit: number;
  /** Where the last page ended; the oldest entry when absent. */
  readonly after?: TailPosition | undefined;
}

export interface TailedPage {
  readonly items: readonly ListedEntry[];
  /** Stays good at the end of the list: what is written later comes behind it. */
  readonly next: TailPosition;
  /** Whether more is there already. */
  readonly hasMore: boolean;
}

/**
 * A page of an account's entries, oldest first, by which a reader follows the account: no entry is passed over and none comes
 * twice, also where the account moves to other shards meanwhile.
 *
 * A page has nothing that could be preceded by an entry that is not committed yet. While the shards' clocks agree, that is
 * so in the one order of all shards. Where a clock is ahead, each shard is read up to its own clock, so that nothing is held back
 * until the others have caught up; the pages then have each shard's entries in order, and not those of all.
 */
export async function tailEntries(
  reader: EntryReader,
  accountId: string,
  page: TailPage,
): Promise<TailedPage> {
  const { untilUs, untilUsOf, isComplete } = await settleEntries(reader, accountId);
  return entriesUpTo(reader.shards, accountId, page, (shard) =>
    isComplete ? untilUs : (untilUsOf.get(shard) ?? untilUs),
  );
}

/** A page of entries, oldest first, up to a moment (µs) of each shard before which nothing can appear any more. */
export async function entriesUpTo(
  shards: readonly ListingShard[],
  accountId: string,
  page: TailPage,
  untilUsOf: (shard: string) => number,
): Promise<TailedPage> {
  const { limit, after = new Map<string, EntryStand>() } = page;
  const {
    items: found,
    stops,
    withheld,
  } = await mergedEntries(shards, page, (shard) => {
    const stand = after.get(shard);
    return {
      accountId,
      limit: limit + 1,
      order: 'oldest first',
      before: { createdAtUs: untilUsOf(shard), shard: '', subAccount: 0, version: 0 },
      ...(stand && { after: stand }),
    };
  });
  const items = found.slice(0, whatFits(found, limit));
  const hasMore = found.length > items.length;
  return {
    items,
    next: furtherPosition(after, items, hasMore ? [] : stops.filter(({ shard }) => !withheld.has(shard))),
    hasMore: hasMore || stops.length > 0,
  };
}

/** Behind the entries of a page; and where shards stopped that have nothing left to show, behind what they went through. */
function furtherPosition(
  after: TailPosition,
  items: readonly ListedEntry[],
  stops: readonly EntryPosition[],
): TailPosition {
  const next = new Map(after);
  for (const position of [...items.map(positionOf), ...stops]) next.set(position.shard, position);
  return next;
}
