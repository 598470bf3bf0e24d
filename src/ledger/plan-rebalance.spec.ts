import * as fc from 'fast-check';
import type { Pull } from './plan-collection';
import { planRebalance, REBALANCE_BOUNDS, type ShardDemand } from './plan-rebalance';

const SHARDS = ['east', 'north', 'south', 'west'];

describe('planRebalance', () => {
  test('moves nothing while no shard is low', () => {
    expect(planRebalance([has('east', 60n), has('west', 140n)], REBALANCE_BOUNDS, false)).toEqual([]);
  });

  test('lifts a low shard to its share', () => {
    expect(planRebalance([has('east', 49n), has('west', 151n)], REBALANCE_BOUNDS, false)).toEqual([
      { from: 'west', to: 'east', amountMinor: 51n },
    ]);
  });

  test('gives a shard what will be spent there, and the rest in equal shares', () => {
    const shards = [has('east', 100n, 10n), has('west', 200n)];
    expect(planRebalance(shards, REBALANCE_BOUNDS, true)).toEqual([
      { from: 'west', to: 'east', amountMinor: 100n },
    ]);
  });

  test('shares by the rates when there is less than will be spent', () => {
    const shards = [has('east', 0n, 30n), has('west', 40n, 10n)];
    expect(planRebalance(shards, REBALANCE_BOUNDS, true)).toEqual([
      { from: 'west', to: 'east', amountMinor: 30n },
    ]);
  });

  test('empties shards outside the placement', () => {
    const shards = [has('east', 10n), has('north', 0n), { ...has('west', 90n), inPlacement: false }];
    expect(planRebalance(shards, REBALANCE_BOUNDS, true)).toEqual([
      { from: 'west', to: 'east', amountMinor: 40n },
      { from: 'west', to: 'north', amountMinor: 50n },
    ]);
  });

  /**
   * - Nobody gives and takes at once, what moves is there, and the total stays.
   * - A donor in use gives no more than its bound and never below its target; so it is not low afterwards.
   * - Nobody is lifted past its target.
   */
  test('spares donors, and lifts nobody further than to its target', () => {
    fc.assert(
      fc.property(demands(), fc.boolean(), (shards, exactly) => {
        const pulls = planRebalance(shards, REBALANCE_BOUNDS, exactly);
        const after = applied(shards, pulls);
        expect(total(after)).toBe(total(shards));
        const donors = new Set(pulls.map(({ from }) => from));
        for (const { to, amountMinor } of pulls) {
          expect(donors.has(to)).toBe(false);
          expect(amountMinor > 0n).toBe(true);
        }
        // The target of a shard is what an exact leveling from anywhere would give it.
        const targets = targetsBy(shards);
        after.forEach(({ shard, availableMinor, inPlacement }, n) => {
          const before = shards[n]?.availableMinor ?? 0n;
          const target = targets.get(shard) ?? 0n;
          expect(availableMinor >= 0n).toBe(true);
          if (availableMinor > before) expect(availableMinor <= target).toBe(true);
          if (availableMinor >= before || !inPlacement) return;
          expect(availableMinor >= target).toBe(true);
          if (!exactly) expect(before - availableMinor <= before / REBALANCE_BOUNDS.donorDivisor).toBe(true);
        });
      }),
    );
  });

  /** One that finds what it has left behind has nothing to do: money does not slosh. */
  test('is at rest once it is done: at once when it levels exactly, otherwise as soon as nobody is low', () => {
    fc.assert(
      fc.property(demands(), fc.boolean(), (shards, exactly) => {
        let left = shards;
        for (let turn = 0; turn < 80; turn += 1) {
          const pulls = planRebalance(left, REBALANCE_BOUNDS, exactly);
          if (pulls.length === 0) return;
          if (exactly) expect(turn).toBe(0);
          left = applied(left, pulls);
        }
        throw new Error('it never comes to rest');
      }),
    );
  });
});

function demands(): fc.Arbitrary<ShardDemand[]> {
  return fc
    .array(
      fc.record({
        availableMinor: fc.oneof(fc.constant(0n), fc.bigInt(0n, 400n), fc.bigInt(0n, 10n ** 18n)),
        spendPerSecondMinor: fc.oneof(fc.constant(0n), fc.bigInt(0n, 50n), fc.bigInt(0n, 10n ** 15n)),
        inPlacement: fc.boolean(),
      }),
      { minLength: 1, maxLength: SHARDS.length },
    )
    .map((shards) =>
      shards.map((each, n) => ({
        ...each,
        shard: SHARDS[n] ?? '',
        inPlacement: each.inPlacement || n === 0,
        // Nothing is spent where no request has its home.
        spendPerSecondMinor: each.inPlacement || n === 0 ? each.spendPerSecondMinor : 0n,
      })),
    );
}

/** What each shard in use should have, told by moving all money to one shard outside and leveling from there. */
function targetsBy(shards: readonly ShardDemand[]): Map<string, bigint> {
  const outside = {
    shard: 'outside',
    availableMinor: total(shards),
    inPlacement: false,
    spendPerSecondMinor: 0n,
  };
  const emptied = shards.map((each) => ({ ...each, availableMinor: 0n }));
  const pulls = planRebalance([...emptied, outside], REBALANCE_BOUNDS, true);
  return new Map(pulls.map(({ to, amountMinor }) => [to, amountMinor]));
}

function applied(shards: readonly ShardDemand[], pulls: readonly Pull[]): ShardDemand[] {
  return shards.map((each) => ({
    ...each,
    availableMinor: pulls.reduce(
      (left, { from, to, amountMinor }) =>
        left + (to === each.shard ? amountMinor : 0n) - (from === each.shard ? amountMinor : 0n),
      each.availableMinor,
    ),
  }));
}

function total(shards: readonly ShardDemand[]): bigint {
  return shards.reduce((sum, { availableMinor }) => sum + availableMinor, 0n);
}

function has(shard: string, availableMinor: bigint, spendPerSecondMinor = 0n): ShardDemand {
  return { shard, availableMinor, inPlacement: true, spendPerSecondMinor };
}
