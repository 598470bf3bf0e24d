import type { Entry, ListedKind } from '../ledger/entry';
import type { EntryPosition, EntryQuery, EntryStand, Shard } from '../shards/shard';

/** Which entries of an account are listed. */
export interface EntryFilter {
  /** All that are listed when absent. */
  readonly kinds?: readonly ListedKind[] | undefined;
  readonly reference?: string | undefined;
  /** Inclusive. */
  readonly fromUs?: number | undefined;
  /** Exclusive. */
  readonly toUs?: number | undefined;
}

export interface ListedEntry {
  readonly entry: Entry;
  readonly shard: string;
}

/** What the shards found, as one list in its order. */
export interface MergedEntries {
  readonly items: readonly ListedEntry[];
  /** Where shards stopped before the end of their part; nothing beyond the first of these is among the items. */
  readonly stops: readonly EntryPosition[];
  /** Shards that found something beyond the first stop. */
  readonly withheld: ReadonlySet<string>;
}

/** What of a shard its lists of entries are made from. */
export type ListingShard = Pick<Shard, 'name' | 'listEntries' | 'newestEntryUs' | 'settledUntilUs'>;

/** What is needed to read an account's entries. */
export interface EntryReader {
  /** The account's reach. */
  readonly shards: readonly ListingShard[];
  readonly sleep: (ms: number) => Promise<void>;
}

/** Of the references and metadata of a page: entries may have 4 KiB each, and a page is written out in one go. */
const TEXT_LENGTH_MAX = 512 * 1024;

/** Asks every shard for its part of a list, and merges what they find up to where the first of them stopped. */
export async function mergedEntries(
  shards: readonly ListingShard[],
  filter: EntryFilter,
  queryOf: (shard: string) => Omit<EntryQuery, 'kinds' | 'reference' | 'fromUs' | 'toUs'>,
): Promise<MergedEntries> {
  const { kinds, reference, fromUs, toUs } = filter;
  const parts = await Promise.all(
    shards.map(async (shard) => {
      const query = queryOf(shard.name);
      const found = await shard.listEntries({
        ...query,
        ...(kinds && { kinds }),
        ...(reference !== undefined && { reference }),
        ...(fromUs !== undefined && { fromUs }),
        ...(toUs !== undefined && { toUs }),
      });
      return { ...found, shard: shard.name, order: query.order };
    }),
  );
  const way = parts[0]?.order === 'oldest first' ? 1 : -1;
  const stops = parts.flatMap(({ stoppedAt, shard }) => (stoppedAt ? [positionOn(shard, stoppedAt)] : []));
  const merged = parts
    .flatMap(({ entries, shard }) => entries.map((entry) => ({ entry, shard })))
    .sort((a, b) => way * comparePositions(positionOf(a), positionOf(b)));
  const isShown = (item: ListedEntry): boolean =>
    stops.every((stop) => way * comparePositions(positionOf(item), stop) <= 0);
  const withheld = new Set(merged.filter((item) => !isShown(item)).map(({ shard }) => shard));
  return { items: merged.filter(isShown), stops, withheld };
}

/** How many entries make a page: as many as were asked for, or as their texts leave room for, and one at least. */
export function whatFits(entries: readonly ListedEntry[], limit: number): number {
  let length = 0;
  const fits = entries.findIndex(({ entry: { reference, metadata } }) => {
    length += (reference?.length ?? 0) + (metadata?.length ?? 0);
    return length > TEXT_LENGTH_MAX;
  });
  return Math.min(limit, fits < 0 ? limit : Math.max(1, fits));
}

export function positionOf({ entry, shard }: ListedEntry): EntryPosition {
  return positionOn(shard, entry);
}

function positionOn(shard: string, { createdAtUs, subAccount, version }: EntryStand): EntryPosition {
  return { createdAtUs, shard, subAccount, version };
}

/** The one order of an account's entries over all shards: negative where `a` is the older. */
export function comparePositions(a: EntryPosition, b: EntryPosition): number {
  return (
    a.createdAtUs - b.createdAtUs ||
    (a.shard < b.shard ? -1 : a.shard > b.shard ? 1 : 0) ||
    a.subAccount - b.subAccount ||
    a.version - b.version
  );
}
