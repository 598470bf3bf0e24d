import * as fc from 'fast-check';
import { type Layout, planPlacement, sameShards } from './plan-placement';

const INSTALLATION = ['s0', 's1', 's2', 's3', 's4'];

describe('planPlacement without a wish for shards', () => {
  test('keeps the shards of an account that has a sub-account for each, so that no home moves', () => {
    expect(grown({ shards: ['s3', 's1'], subAccounts: 4 }, 16)).toEqual({
      shards: ['s3', 's1'],
      subAccounts: 16,
    });
    expect(grown({ shards: ['s3', 's1'], subAccounts: 4 }, 2)).toEqual({
      shards: ['s3', 's1'],
      subAccounts: 2,
    });
  });

  test('widens one that was narrowed by its size, over the shards behind its own', () => {
    expect(grown({ shards: ['s3'], subAccounts: 1 }, 4).shards).toEqual(['s3', 's4', 's0', 's1']);
    expect(grown({ shards: ['s3', 's4'], subAccounts: 2 }, 99).shards).toEqual([
      's3',
      's4',
      's0',
      's1',
      's2',
    ]);
  });

  test('keeps the first shards of one that becomes smaller than them', () => {
    expect(grown({ shards: ['s3', 's1', 's2'], subAccounts: 7 }, 2).shards).toEqual(['s3', 's1']);
  });
});

describe('planPlacement with a wish', () => {
  test('lets the shards that stay keep their positions', () => {
    const present = { shards: ['s0', 's1', 's2'], subAccounts: 6 };
    expect(
      planPlacement(present, { subAccounts: 6, shards: ['s4', 's2', 's0'] }, INSTALLATION).shards,
    ).toEqual(['s0', 's4', 's2']);
    expect(planPlacement(present, { subAccounts: 6, shards: ['s2', 's3'] }, INSTALLATION).shards).toEqual([
      's2',
      's3',
    ]);
  });
});

/**
 * - A sub-account for each shard, and no shard twice.
 * - A wish is fulfilled: exactly its shards. Without one, nothing but the account's own and the installation's.
 * - Asked for what is there, nothing changes.
 */
test('planPlacement makes a layout that can be routed, and leaves alone what is as it should be', () => {
  fc.assert(
    fc.property(layouts(), wishes(), (present, wish) => {
      const next = planPlacement(present, wish, INSTALLATION);
      expect(next.subAccounts).toBe(wish.subAccounts);
      expect(next.shards.length).toBeGreaterThan(0);
      expect(next.shards.length).toBeLessThanOrEqual(next.subAccounts);
      expect(new Set(next.shards).size).toBe(next.shards.length);
      if (wish.shards) expect([...next.shards].sort()).toEqual([...wish.shards].sort());
      const again = planPlacement(next, { ...wish, shards: wish.shards && next.shards }, INSTALLATION);
      expect(sameShards(again.shards, next.shards)).toBe(true);
    }),
  );
});

function layouts(): fc.Arbitrary<Layout> {
  return fc
    .record({ shards: fc.shuffledSubarray(INSTALLATION, { minLength: 1 }), more: fc.nat({ max: 20 }) })
    .map(({ shards, more }) => ({ shards, subAccounts: shards.length + more }));
}

function wishes() {
  return fc.oneof(
    layouts(),
    fc.integer({ min: 1, max: 30 }).map((subAccounts) => ({ subAccounts, shards: undefined })),
  );
}

function grown(present: Layout, subAccounts: number): Layout {
  return planPlacement(present, { subAccounts, shards: undefined }, INSTALLATION);
}
