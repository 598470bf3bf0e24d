import type { EntryPosition } from '../shards/shard';
import {
  comparePositions,
  type EntryFilter,
  type EntryReader,
  type ListedEntry,
  mergedEntries,
  positionOf,
  whatFits,
} from './merged-entries';
import { settleEntries } from './settled-entries';

export type { ListedEntry } from './merged-entries';

export interface EntriesPage extends EntryFilter {
  readonly limit: number;
  /** Where the last page ended; the newest entry when absent. */
  readonly before?: EntryPosition | undefined;
}

export interface ListedPage {
  readonly items: readonly ListedEntry[];
  readonly next?: EntryPosition;
}

/** Newer than any entry can be. */
const NO_BOUND: EntryPosition = {
  createdAtUs: Number.MAX_SAFE_INTEGER,
  shard: '',
  subAccount: 0,
  version: 0,
};

/**
 * A page of an account's entries, newest first, in one order over all shards: (time, shard, sub-account, version).
 *
 * Whatever was committed when the first page was asked for is in the list, whatever the databases' clocks say. Where a few are looked
 * for among many, a page goes through a bounded number of entries: it may have few or none and still not be the last.
 */
export async function listEntries(
  reader: EntryReader,
  accountId: string,
  page: EntriesPage,
): Promise<ListedPage> {
  const { limit } = page;
  const before = page.before ?? (await beginningOf(reader, accountId));
  const { items: found, stops } = await mergedEntries(reader.shards, page, () => ({
    accountId,
    limit: limit + 1,
    before,
  }));
  const items = found.slice(0, whatFits(found, limit));
  const last = items.at(-1);
  if (found.length > items.length && last) return { items, next: positionOf(last) };
  const next = stops.reduce<EntryPosition | undefined>(
    (newest, stop) => (newest && comparePositions(newest, stop) > 0 ? newest : stop),
    undefined,
  );
  return next ? { items, next } : { items };
}

/**
 * Where a list begins: the earliest of the shards' settled moments, before which nothing can appear any more, so that
 * whoever reads on from the newest entry later passes nothing over.
 *
 * That holds while the shards' clocks agree. Otherwise the list begins at its newest entry: what is committed is shown, and entries
 * that a clock behind has yet to write will appear below it.
 */
async function beginningOf(reader: EntryReader, accountId: string): Promise<EntryPosition> {
  const { untilUs, isComplete } = await settleEntries(reader, accountId);
  return isComplete ? { ...NO_BOUND, createdAtUs: untilUs } : NO_BOUND;
}
