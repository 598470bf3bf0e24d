import * as CRC32 from 'crc-32';

/**
 * The ordered shards of an account, versioned by epoch. Its length S is fixed when the placement is made; registering
 * another shard moves nobody's home.
 */
export interface Placement {
  readonly epoch: number;
  readonly shards: readonly string[];
}

/** How long keys are looked up at their past homes, unless it is set otherwise. */
export const IDEMPOTENCY_WINDOW_MS = 30 * 24 * 3_600_000;

/** A placement that was replaced. Its idempotency window runs from the moment its fence was complete. */
export interface PastPlacement {
  readonly shards: readonly string[];
  /** Microseconds since 1970 by the directory's clock. */
  readonly fencedAtUs: number;
}

/** Where a request lives: its home shard and the sub-account there. */
export interface Home {
  readonly shard: string;
  readonly subAccount: number;
}

/** `crc32` as an unsigned 32-bit number. Request ids are ASCII, so bytes and characters agree. */
export function hashId(id: string): number {
  return CRC32.str(id) >>> 0;
}

/**
 * The home of a request: shard `placement[h % S]`, and there the `floor(h / S) % k`-th of the k sub-accounts that live
 * on it. The shard depends on the placement and not on the number of sub-accounts, so a resize on the same shards never
 * moves a request's home, and the unique key of the home shard keeps every retry idempotent through it.
 *
 * @param subAccounts N, with N ≥ S
 */
export function routeRequest(requestId: string, placement: Placement, subAccounts: number): Home {
  const shardCount = placement.shards.length;
  const hash = hashId(requestId);
  const position = hash % shardCount;
  const turn = Math.floor(hash / shardCount) % countOnShard(position, shardCount, subAccounts);
  return { shard: shardAt(placement, position), subAccount: position + shardCount * turn };
}

/**
 * The shards that were a request's home under past placements and are not now: where its key may already be. A request
 * is looked up there before it is carried out.
 */
export function pastHomes(
  requestId: string,
  placement: Placement,
  past: readonly PastPlacement[],
): readonly string[] {
  if (past.length === 0) return NO_SHARDS;
  const hash = hashId(requestId);
  const home = shardAt(placement, hash % placement.shards.length);
  const homes = new Set(past.map(({ shards }) => shards[hash % shards.length] ?? home));
  homes.delete(home);
  return [...homes];
}

const NO_SHARDS: readonly string[] = [];

/** Sub-account i lives on `placement[i % S]`. */
export function shardOfSubAccount(index: number, placement: Placement): string {
  return shardAt(placement, index % placement.shards.length);
}

/** The indices of the sub-accounts that live on one shard of the placement, ascending. */
export function subAccountsOn(shard: string, placement: Placement, subAccounts: number): number[] {
  const shardCount = placement.shards.length;
  const position = placement.shards.indexOf(shard);
  if (position < 0) return [];
  return Array.from(
    { length: countOnShard(position, shardCount, subAccounts) },
    (_, turn) => position + shardCount * turn,
  );
}

/**
 * Chooses the shards of a new account: min(N, shards) of them in a row, starting at one that the account's id picks, so
 * that small accounts spread over all shards.
 */
export function choosePlacement(accountId: string, shards: readonly string[], subAccounts: number): string[] {
  const count = Math.min(subAccounts, shards.length);
  const start = hashId(accountId) % shards.length;
  return Array.from({ length: count }, (_, step) => shards[(start + step) % shards.length] as string);
}

/** How many sub-accounts live on the shard at one position of a placement. */
export function countOnShard(position: number, shardCount: number, subAccounts: number): number {
  return Math.ceil((subAccounts - position) / shardCount);
}

function shardAt(placement: Placement, position: number): string {
  const shard = placement.shards[position];
  if (shard === undefined) throw new RangeError(`placement has no shard at position ${position}`);
  return shard;
}
