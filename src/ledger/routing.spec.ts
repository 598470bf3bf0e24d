import * as fc from 'fast-check';
import {
  choosePlacement,
  hashId,
  type Placement,
  routeRequest,
  shardOfSubAccount,
  subAccountsOn,
} from './routing';

const RUNS = { seed: 20_251_103, numRuns: 300 };

const SHARDS = ['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'];

/** S shards and N sub-accounts on them, N ≥ S. */
const layouts = fc
  .record({ shardCount: fc.integer({ min: 1, max: 8 }), extra: fc.nat({ max: 60 }) })
  .map(({ shardCount, extra }) => ({ placement: placementOf(shardCount), subAccounts: shardCount + extra }));
const requestIds = fc.string({ minLength: 1, maxLength: 64 });

describe('hashId', () => {
  test('is the CRC-32 of everybody, unsigned', () => {
    expect(hashId('123456789')).toBe(0xcb_f4_39_26);
    expect(hashId('')).toBe(0);
  });

  test('is never negative', () => {
    fc.assert(
      fc.property(requestIds, (id) => hashId(id) >= 0 && hashId(id) < 2 ** 32),
      RUNS,
    );
  });
});

describe('routeRequest', () => {
  test('goes to placement[h % S], and there to the floor(h / S) % k-th of its k sub-accounts', () => {
    fc.assert(
      fc.property(requestIds, layouts, (requestId, { placement, subAccounts }) => {
        const hash = hashId(requestId);
        const shardCount = placement.shards.length;
        const shard = placement.shards[hash % shardCount] as string;
        const living = subAccountsOn(shard, placement, subAccounts);

        expect(routeRequest(requestId, placement, subAccounts)).toEqual({
          shard,
          subAccount: living[Math.floor(hash / shardCount) % living.length],
        });
      }),
      RUNS,
    );
  });

  test('is h % N where S divides N', () => {
    fc.assert(
      fc.property(
        requestIds,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 16 }),
        (requestId, shardCount, each) => {
          const subAccounts = shardCount * each;
          const home = routeRequest(requestId, placementOf(shardCount), subAccounts);
          expect(home.subAccount).toBe(hashId(requestId) % subAccounts);
        },
      ),
      RUNS,
    );
  });

  test('finds the same home shard however many sub-accounts there are, so a resize moves no key', () => {
    fc.assert(
      fc.property(
        requestIds,
        layouts,
        fc.nat({ max: 60 }),
        (requestId, { placement, subAccounts }, extra) => {
          const resized = placement.shards.length + extra;
          expect(routeRequest(requestId, placement, resized).shard).toBe(
            routeRequest(requestId, placement, subAccounts).shard,
          );
        },
      ),
      RUNS,
    );
  });

  test('finds a sub-account that exists and lives on that shard', () => {
    fc.assert(
      fc.property(requestIds, layouts, (requestId, { placement, subAccounts }) => {
        const { shard, subAccount } = routeRequest(requestId, placement, subAccounts);
        expect(subAccount).toBeLessThan(subAccounts);
        expect(shardOfSubAccount(subAccount, placement)).toBe(shard);
      }),
      RUNS,
    );
  });

  test.each([
    [1, 1],
    [1, 16],
    [2, 16],
    [3, 16],
    [4, 64],
    [8, 11],
  ])(
    'spreads requests evenly over %i shards, and over the sub-accounts of each (N = %i)',
    (shardCount, subAccounts) => {
      const placement = placementOf(shardCount);
      const requests = 64_000;
      const hits = new Map<number, number>();
      for (let number = 0; number < requests; number += 1) {
        const { subAccount } = routeRequest(`order-${number}`, placement, subAccounts);
        hits.set(subAccount, (hits.get(subAccount) ?? 0) + 1);
      }
      for (const shard of placement.shards) {
        const living = subAccountsOn(shard, placement, subAccounts);
        const fair = requests / shardCount / living.length;
        for (const subAccount of living) {
          expect(hits.get(subAccount)).toBeGreaterThan(0.85 * fair);
          expect(hits.get(subAccount)).toBeLessThan(1.15 * fair);
        }
      }
    },
  );
});

describe('subAccountsOn', () => {
  test('the shards share out all sub-accounts, each to placement[i % S]', () => {
    fc.assert(
      fc.property(layouts, ({ placement, subAccounts }) => {
        const shared = placement.shards.flatMap((shard) => subAccountsOn(shard, placement, subAccounts));
        expect(shared.sort((a, b) => a - b)).toEqual(
          Array.from({ length: subAccounts }, (_, index) => index),
        );
        const shardOf = (index: number) => placement.shards[index % placement.shards.length];
        for (const shard of placement.shards) {
          const living = subAccountsOn(shard, placement, subAccounts);
          expect(living.every((index) => shardOf(index) === shard)).toBe(true);
          expect(living.every((index) => shardOfSubAccount(index, placement) === shard)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('knows of none on a shard outside the placement', () => {
    expect(subAccountsOn('elsewhere', placementOf(3), 12)).toEqual([]);
  });
});

describe('choosePlacement', () => {
  test('takes min(N, shards) different shards', () => {
    fc.assert(
      fc.property(
        requestIds,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 64 }),
        (id, shardCount, subAccounts) => {
          const chosen = choosePlacement(id, SHARDS.slice(0, shardCount), subAccounts);
          expect(chosen).toHaveLength(Math.min(subAccounts, shardCount));
          expect(new Set(chosen).size).toBe(chosen.length);
        },
      ),
      RUNS,
    );
  });

  test('lets small accounts start on every shard', () => {
    const starts = Array.from(
      { length: 800 },
      (_, number) => choosePlacement(`account-${number}`, SHARDS, 1)[0],
    );
    for (const shard of SHARDS) {
      const count = starts.filter((start) => start === shard).length;
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });
});

function placementOf(shardCount: number): Placement {
  return { epoch: 1, shards: SHARDS.slice(0, shardCount) };
}
