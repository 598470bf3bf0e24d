import type { Hold, HoldState } from '../ledger/hold';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Balances } from './balances';
import type { ShardSet } from './shard-set';

export interface HoldsPage {
  readonly limit: number;
  /** All states when absent. */
  readonly status?: HoldState | undefined;
  /** Where the last page ended; the first hold when absent. */
  readonly after?: HoldPosition | undefined;
}

/** A place in an account's list of holds. */
export interface HoldPosition {
  readonly holdId: string;
  readonly shard: string;
}

export interface ListedHold {
  readonly hold: Hold;
  readonly shard: string;
}

export interface ListedHolds {
  readonly items: readonly ListedHold[];
  readonly next?: HoldPosition;
}

/** Of the references and metadata of a page, which is written out in one go. */
const TEXT_LENGTH_MAX = 512 * 1024;

/**
 * A page of an account's holds by their ids, in one order over all shards: (id, shard). An id never changes, so whatever has the
 * status from the first page to the last is listed exactly once, however many others come and go meanwhile.
 *
 * Rejects with `ShardUnavailableError` when a shard cannot be read: the list would lack what is there.
 */
export async function listHolds(
  { balances, shards }: { readonly balances: Balances; readonly shards: ShardSet },
  known: AccountRecord,
  { limit, status, after }: HoldsPage,
): Promise<ListedHolds> {
  // On another instance the account may have moved since its record was read here; its rows say so.
  const { accountId, reach } = (await balances.read(known)).account;
  const found = await Promise.all(
    reach.map(async (shard) => {
      const from = after && { holdId: after.holdId, isIncluded: shard > after.shard };
      const holds = await shards.shard(shard).listHolds({ accountId, limit: limit + 1, status, from });
      return holds.map((hold) => ({ hold, shard }));
    }),
  );
  const merged = found.flat().sort(byId);
  const items = merged.slice(0, whatFits(merged, limit));
  const last = items.at(-1);
  return merged.length > items.length && last
    ? { items, next: { holdId: last.hold.holdId, shard: last.shard } }
    : { items };
}

/** How many holds make a page: as many as were asked for, or as their texts leave room for, and one at least. */
function whatFits(holds: readonly ListedHold[], limit: number): number {
  let length = 0;
  const fits = holds.findIndex(({ hold: { reference, metadata } }) => {
    length += (reference?.length ?? 0) + (metadata?.length ?? 0);
    return length > TEXT_LENGTH_MAX;
  });
  return Math.min(limit, fits < 0 ? limit : Math.max(1, fits));
}

function byId(a: ListedHold, b: ListedHold): number {
  if (a.hold.holdId !== b.hold.holdId) return a.hold.holdId < b.hold.holdId ? -1 : 1;
  return a.shard < b.shard ? -1 : 1;
}
