import type { AccountRecord } from '../shards/directory/account-record';
import type { ShardBalance } from '../shards/shard';
import type { ShardSet } from './shard-set';

/** An account's balance, in minor units. `totalMinor = availableMinor + heldMinor`, money in transit included. */
export interface Balance {
  readonly availableMinor: bigint;
  readonly heldMinor: bigint;
  readonly totalMinor: bigint;
  /** Money that has left one sub-account and not arrived at another yet; part of `availableMinor`. */
  readonly inTransitMinor: bigint;
}

/** Every shard that may hold rows of the account. */
export function reachOf(account: AccountRecord): readonly string[] {
  return account.placement.shards;
}

/**
 * Σ net − Σ held over all shards in reach, one round trip to each, in parallel. Transfers do not touch `net`, so money
 * moving inside the account never shows; the shards are read one after the other in time, so it is not one instant.
 *
 * Rejects with `ShardUnavailableError` when a shard cannot be read.
 */
export async function readBalance(shards: ShardSet, account: AccountRecord): Promise<Balance> {
  const parts = await Promise.all(
    reachOf(account).map((name) =>
      Promise.resolve().then(() => shards.shard(name).readBalance(account.accountId)),
    ),
  );
  return sumParts(parts);
}

function sumParts(parts: readonly ShardBalance[]): Balance {
  const sum = (value: (part: ShardBalance) => bigint): bigint =>
    parts.reduce((total, part) => total + value(part), 0n);
  const totalMinor = totalOf(sum((part) => part.netMinor));
  const heldMinor = sum((part) => part.heldMinor);
  return {
    availableMinor: totalMinor - heldMinor,
    heldMinor,
    totalMinor,
    inTransitMinor: totalMinor - heldMinor - sum((part) => part.availableMinor),
  };
}

/**
 * The account's total from its `net` modulo 2^64. Totals are never below zero by more than what a sum read shard by
 * shard can miss, and may pass the balance limit (and 2^63) by the credits in flight: so the representative is taken in
 * [−2^62, 2^64 − 2^62).
 */
function totalOf(netMinor: bigint): bigint {
  return BigInt.asUintN(64, netMinor + QUARTER) - QUARTER;
}

const QUARTER = 1n << 62n;
