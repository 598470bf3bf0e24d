import * as fc from 'fast-check';
import type { SpreadTarget } from './command';
import { planSpread } from './plan-spread';

const RUNS = { seed: 20_251_105, numRuns: 500 };

describe('planSpread', () => {
  test('gives each other shard as much for every sub-account there; home keeps its own and what does not divide', () => {
    const rows = fc.integer({ min: 1, max: 256 });
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 18n),
        rows,
        fc.array(rows, { maxLength: 3 }),
        (amountMinor, homeRows, others) => {
          const all = BigInt(others.reduce((sum, each) => sum + each, homeRows));
          const each = amountMinor / all;
          const shares = planSpread({
            amountMinor,
            homeAvailableMinor: 0n,
            homeRows,
            targets: targets(others),
          });
          expect(shares).toEqual(
            each === 0n
              ? []
              : targets(others).map((target) => ({ ...target, amountMinor: each * BigInt(target.rows) })),
          );
          const kept = amountMinor - shares.reduce((sum, share) => sum + share.amountMinor, 0n);
          if (each > 0n) expect(kept).toBe(each * BigInt(homeRows) + (amountMinor % all));
        },
      ),
      RUNS,
    );
  });

  test('leaves a credit where it lands when home holds as much already: a tip is not worth transfers', () => {
    const shares = (homeAvailableMinor: bigint) =>
      planSpread({ amountMinor: 100n, homeAvailableMinor, homeRows: 1, targets: targets([1, 1, 1]) });
    expect(shares(99n)).toHaveLength(3);
    expect(shares(100n)).toEqual([]);
  });

  test('has nothing to spread for an account on one shard', () => {
    expect(planSpread({ amountMinor: 1_000n, homeAvailableMinor: 0n, homeRows: 4, targets: [] })).toEqual([]);
  });
});

function targets(rows: readonly number[]): SpreadTarget[] {
  return rows.map((count, index) => ({ shard: `s${index}`, subAccount: index + 1, rows: count }));
}
