import { lesser } from './money';
import { bring, type Pull, type ShardFunds } from './plan-collection';

/** What a shard of an account has, and how fast it is spent there. */
export interface ShardDemand extends ShardFunds {
  /** Minor units a second that went out, on balance; 0 when more came in. */
  readonly spendPerSecondMinor: bigint;
}

export interface RebalanceBounds {
  /** Every shard should have what is spent there in this time, where there is enough. */
  readonly horizonSeconds: bigint;
  /** A shard below 1/n of its target is low. Nothing moves unless one is: so money does not slosh. */
  readonly lowDivisor: bigint;
  /** A donor gives at most 1/n of what it has at a time: what was read may be spent by now. */
  readonly donorDivisor: bigint;
}

export const REBALANCE_BOUNDS: RebalanceBounds = { horizonSeconds: 10n, lowDivisor: 2n, donorDivisor: 2n };

/**
 * Which shards of an account send how much to which, so that none runs dry while others are full.
 *
 * A shard's target is what will be spent there over the horizon and an equal share of the rest; when there is less than
 * will be spent, the shares are by the rates. A shard that is low is lifted to its target by those above theirs and by
 * shards outside the placement, which may give all they have.
 *
 * @param exactly level whatever the difference, without sparing donors
 */
export function planRebalance(
  shards: readonly ShardDemand[],
  bounds: RebalanceBounds,
  exactly: boolean,
): Pull[] {
  const targets = targetsOf(shards, bounds);
  const low = shards.filter(({ shard, availableMinor, inPlacement }) => {
    const target = targets.get(shard) ?? 0n;
    return inPlacement && (exactly ? availableMinor < target : availableMinor < target / bounds.lowDivisor);
  });

  return bring(
    shards.map((each) => ({
      shard: each.shard,
      minor: spareOf(each, targets.get(each.shard) ?? 0n, bounds, exactly),
    })),
    low.map(({ shard, availableMinor }) => ({ shard, minor: (targets.get(shard) ?? 0n) - availableMinor })),
  );
}

function spareOf(
  { availableMinor, inPlacement }: ShardDemand,
  target: bigint,
  { donorDivisor }: RebalanceBounds,
  exactly: boolean,
): bigint {
  if (!inPlacement) return availableMinor;
  const above = availableMinor - target;
  const bearable = exactly ? above : availableMinor / donorDivisor;
  return lesser(above, bearable);
}

function targetsOf(shards: readonly ShardDemand[], { horizonSeconds }: RebalanceBounds): Map<string, bigint> {
  const total = shards.reduce((sum, { availableMinor }) => sum + availableMinor, 0n);
  const used = shards.filter(({ inPlacement }) => inPlacement);
  const needs = used.map(({ shard, spendPerSecondMinor }) => ({
    shard,
    need: spendPerSecondMinor * horizonSeconds,
  }));
  const needed = needs.reduce((sum, { need }) => sum + need, 0n);
  const share = total > needed ? (total - needed) / BigInt(used.length || 1) : 0n;
  return new Map(
    needs.map(({ shard, need }) => [
      shard,
      needed > 0n && total <= needed ? (total * need) / needed : need + share,
    ]),
  );
}
