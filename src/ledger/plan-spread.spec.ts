import * as fc from 'fast-check';
import { planSpread } from './plan-spread';

const RUNS = { seed: 20_251_105, numRuns: 500 };

describe('planSpread', () => {
  test('gives every other sub-account the same share; home keeps as much and what does not divide', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 18n), fc.nat({ max: 63 }), (amountMinor, others) => {
        const parts = BigInt(others + 1);
        const shares = planSpread({ amountMinor, homeAvailableMinor: 0n, targets: targets(others) });
        if (amountMinor < parts) {
          expect(shares).toEqual([]);
        } else {
          expect(shares).toEqual(
            targets(others).map((target) => ({ ...target, amountMinor: amountMinor / parts })),
          );
          const kept = amountMinor - shares.reduce((sum, share) => sum + share.amountMinor, 0n);
          expect(kept).toBe(amountMinor / parts + (amountMinor % parts));
        }
      }),
      RUNS,
    );
  });

  test('leaves a credit where it lands when home holds as much already: a tip is not worth transfers', () => {
    const shares = (homeAvailableMinor: bigint) =>
      planSpread({ amountMinor: 100n, homeAvailableMinor, targets: targets(3) });
    expect(shares(99n)).toHaveLength(3);
    expect(shares(100n)).toEqual([]);
  });

  test('has nothing to spread for an account of one sub-account', () => {
    expect(planSpread({ amountMinor: 1_000n, homeAvailableMinor: 0n, targets: [] })).toEqual([]);
  });
});

function targets(count: number): { shard: string; subAccount: number }[] {
  return Array.from({ length: count }, (_, index) => ({ shard: `s${index % 3}`, subAccount: index + 1 }));
}
