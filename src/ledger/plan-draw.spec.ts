import * as fc from 'fast-check';
import { row } from '../../test/models/commands';
import { planDraw } from './plan-draw';
import type { SubAccount } from './sub-account';

const RUNS = { seed: 20_251_104, numRuns: 1_000 };

const balances = fc.array(
  fc.oneof(fc.constantFrom(0n, 50n), fc.bigInt(0n, 100n), fc.bigInt(0n, 10n ** 18n)),
  {
    minLength: 1,
    maxLength: 8,
  },
);
const situations = fc
  .record({
    balances,
    home: fc.nat({ max: 7 }),
    amount: fc.bigInt(1n, 400n),
    permille: fc.bigInt(1n, 1_050n),
  })
  .map(({ balances: available, home, amount, permille }) => {
    const total = sum(available);
    // Up to the total and a little beyond; of small totals, exactly so.
    const amountMinor = total < 1_000n ? amount : (total * permille) / 1_000n;
    return { rows: rowsOf(available), index: home % available.length, amountMinor, total };
  });

describe('planDraw', () => {
  test('is undefined exactly when all rows together cannot pay', () => {
    fc.assert(
      fc.property(situations, ({ rows, index, amountMinor, total }) => {
        expect(planDraw(rows, { index, amountMinor }) === undefined).toBe(total < amountMinor);
      }),
      RUNS,
    );
  });

  test('lifts home to the amount and the mean of what remains, exactly', () => {
    checkDraws(({ rows, index, amountMinor, total, draws }) => {
      const own = (rows[index] as SubAccount).availableMinor;
      const target = amountMinor + (total - amountMinor) / BigInt(rows.length);
      const lent = sum(draws.map((draw) => draw.amountMinor));
      expect(own + lent).toBe(own > target ? own : target);
    });
  });

  test('takes no donor below that mean, takes from each once, and never from home', () => {
    checkDraws(({ rows, index, amountMinor, total, draws }) => {
      const mean = (total - amountMinor) / BigInt(rows.length);
      for (const { from, amountMinor: lent } of draws) {
        expect(from).not.toBe(index);
        expect(lent).toBeGreaterThan(0n);
        expect((rows[from] as SubAccount).availableMinor - lent).toBeGreaterThanOrEqual(mean);
      }
      expect(new Set(draws.map((draw) => draw.from)).size).toBe(draws.length);
    });
  });

  test('empties the richest down to the mean before it touches the next', () => {
    checkDraws(({ rows, amountMinor, total, draws }) => {
      const mean = (total - amountMinor) / BigInt(rows.length);
      const donors = draws.map((draw) => rows[draw.from] as SubAccount);
      donors.slice(1).forEach((donor, position) => {
        expect(donor.availableMinor).toBeLessThanOrEqual((donors[position] as SubAccount).availableMinor);
      });
      draws.slice(0, -1).forEach((draw, position) => {
        expect((donors[position] as SubAccount).availableMinor - draw.amountMinor).toBe(mean);
      });
    });
  });

  test('the order of the rows does not matter', () => {
    checkDraws(({ rows, index, amountMinor, draws }) => {
      expect(planDraw([...rows].reverse(), { index, amountMinor })).toEqual(draws);
    });
  });

  test('an amount larger than every row is paid by all of them', () => {
    expect(planDraw(rowsOf([10n, 20n, 30n, 40n]), { index: 0, amountMinor: 100n })).toEqual([
      { from: 3, amountMinor: 40n },
      { from: 2, amountMinor: 30n },
      { from: 1, amountMinor: 20n },
    ]);
  });

  test('of equally rich donors the first lends first', () => {
    expect(planDraw(rowsOf([0n, 50n, 50n]), { index: 0, amountMinor: 10n })).toEqual([
      { from: 1, amountMinor: 20n },
      { from: 2, amountMinor: 20n },
    ]);
  });
});

interface Drawn {
  readonly rows: SubAccount[];
  readonly index: number;
  readonly amountMinor: bigint;
  readonly total: bigint;
  readonly draws: readonly { readonly from: number; readonly amountMinor: bigint }[];
}

function checkDraws(check: (drawn: Drawn) => void): void {
  fc.assert(
    fc.property(situations, (situation) => {
      const draws = planDraw(situation.rows, situation);
      if (draws) check({ ...situation, draws });
    }),
    RUNS,
  );
}

function rowsOf(available: readonly bigint[]): SubAccount[] {
  return available.map((availableMinor, index) => row({ index, availableMinor }));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
