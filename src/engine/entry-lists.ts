import type { Entry, ListedKind } from '../ledger/entry';
import type { EntryPosition, Shard } from '../shards/shard';

export interface EntriesPage {
  readonly limit: number;
  /** Where the last page ended; the newest entry when absent. */
  readonly before?: EntryPosition | undefined;
  readonly kind?: ListedKind | undefined;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

export interface ListedEntry {
  readonly entry: Entry;
  readonly shard: string;
}

export interface ListedPage {
  readonly items: readonly ListedEntry[];
  readonly next?: EntryPosition;
}

/** How long a list waits for a database clock that is behind another one. */
const CLOCK_WAIT_MS_MAX = 1_000;

/** Of the references and metadata of a page: entries may have 4 KiB each, and a page is written out in one go. */
const TEXT_LENGTH_MAX = 512 * 1024;

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
 * Whatever was committed when the first page was asked for is in the list, whatever the databases' clocks say.
 */
export async function listEntries(
  parts: { readonly shards: readonly Shard[]; readonly sleep: (ms: number) => Promise<void> },
  accountId: string,
  page: EntriesPage,
): Promise<ListedPage> {
  const { shards } = parts;
  const { limit, kind, fromUs, toUs } = page;
  const before = page.before ?? (await beginningOf(parts, accountId));
  const found = await Promise.all(
    shards.map(async (shard) => {
      const entries = await shard.listEntries({
        accountId,
        limit: limit + 1,
        before,
        ...(kind === undefined ? {} : { kind }),
        ...(fromUs === undefined ? {} : { fromUs }),
        ...(toUs === undefined ? {} : { toUs }),
      });
      return entries.map((entry) => ({ entry, shard: shard.name }));
    }),
  );
  const merged = found.flat().sort(newestFirst);
  const items = merged.slice(0, whatFits(merged, limit));
  const last = items.at(-1);
  return merged.length > items.length && last ? { items, next: positionOf(last) } : { items };
}

/** How many entries make a page: so many as were asked for, or as their texts leave room for, and one at least. */
function whatFits(entries: readonly ListedEntry[], limit: number): number {
  let bytes = 0;
  const fits = entries.findIndex(({ entry: { reference, metadata } }) => {
    bytes += (reference?.length ?? 0) + (metadata?.length ?? 0);
    return bytes > TEXT_LENGTH_MAX;
  });
  return Math.min(limit, fits < 0 ? limit : Math.max(1, fits));
}

/**
 * Where a list begins: the earliest of the shards' settled moments, before which nothing can appear any more, so that
 * whoever reads on from the newest entry later passes nothing over.
 *
 * That holds while the shards' clocks agree. An entry that is committed already and is later than this moment has been
 * written by a clock that is ahead, or was. The list waits a little for the clock that is behind. If that is not enough,
 * the list begins at its newest entry: what is committed is shown, and entries that a clock behind has yet to write will
 * appear below it.
 */
async function beginningOf(
  { shards, sleep }: { readonly shards: readonly Shard[]; readonly sleep: (ms: number) => Promise<void> },
  accountId: string,
): Promise<EntryPosition> {
  const largest = async (ask: (shard: Shard) => Promise<number>): Promise<number> =>
    Math.max(...(await Promise.all(shards.map(ask))));
  const newestUs = await largest((shard) => shard.newestEntryUs(accountId));
  const settledUs = async (): Promise<number> =>
    -(await largest(async (shard) => -(await shard.settledUntilUs(accountId))));

  let beginsUs = await settledUs();
  const behindMs = (newestUs - beginsUs) / 1_000;
  if (behindMs >= 0 && behindMs < CLOCK_WAIT_MS_MAX) {
    await sleep(behindMs + 1);
    beginsUs = await settledUs();
  }
  return newestUs < beginsUs ? { ...NO_BOUND, createdAtUs: beginsUs } : NO_BOUND;
}

function positionOf({ entry, shard }: ListedEntry): EntryPosition {
  return { createdAtUs: entry.createdAtUs, shard, subAccount: entry.subAccount, version: entry.version };
}

function newestFirst(a: ListedEntry, b: ListedEntry): number {
  return (
    b.entry.createdAtUs - a.entry.createdAtUs ||
    (a.shard < b.shard ? 1 : a.shard > b.shard ? -1 : 0) ||
    b.entry.subAccount - a.entry.subAccount ||
    b.entry.version - a.entry.version
  );
}
