import * as fc from 'fast-check';
import { row } from '../../test/models/commands';
import type { InsideMove } from './inside-move';
import { BALANCE_MAX_MINOR } from './money';
import { planDraw } from './plan-draw';
import { type SubAccount, withState } from './sub-account';

const RUNS = { seed: 20_251_104, numRuns: 1_000 };

const siblings = fc.array(
  fc.record({
    available: fc.oneof(fc.constantFrom(0n, 50n), fc.bigInt(0n, 100n), fc.bigInt(0n, 10n ** 18n)),
    inUse: fc.constantFrom(true, true, true, false),
  }),
  { minLength: 1, maxLength: 8 },
);
const situations = fc
  .record({
    siblings,
    home: fc.nat({ max: 7 }),
    amount: fc.bigInt(1n, 400n),
    permille: fc.bigInt(1n, 1_050n),
  })
  .map(({ siblings: given, home, amount, permille }) => {
    const rows = given.map(({ available: availableMinor, inUse }, index) =>
      withState(row({ index, availableMinor }), inUse),
    );
    const total = sum(rows.map((each) => each.availableMinor));
    // Up to the total and a little beyond; of small totals, exactly so.
    const amountMinor = total < 1_000n ? amount : (total * permille) / 1_000n;
    return { rows, index: home % rows.length, amountMinor, total };
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

  test('lifts a home in use to the amount and the mean of what remains to the rows in use, exactly', () => {
    checkDraws(({ home, amountMinor, mean, draws }) => {
      if (home.state !== 'open') return;
      const own = home.availableMinor;
      expect(own + lentBy(draws)).toBe(greater(own, amountMinor + mean));
    });
  });

  test('lifts a home out of use to the amount and no further, so that it ends empty', () => {
    checkDraws(({ home, amountMinor, draws }) => {
      if (home.state === 'open') return;
      expect(home.availableMinor + lentBy(draws)).toBe(greater(home.availableMinor, amountMinor));
    });
  });

  test('takes no donor in use below that mean, takes from each once, and never from home', () => {
    checkDraws(({ rows, index, mean, draws }) => {
      for (const { from, to, amountMinor: lent } of draws) {
        const donor = rows[from] as SubAccount;
        expect(from).not.toBe(index);
        expect(to).toBe(index);
        expect(lent).toBeGreaterThan(0n);
        expect(donor.availableMinor - lent).toBeGreaterThanOrEqual(donor.state === 'open' ? mean : 0n);
      }
      expect(new Set(draws.map((draw) => draw.from)).size).toBe(draws.length);
    });
  });

  test('takes from whoever can spare most all it can spare, before it touches the next', () => {
    checkDraws(({ rows, mean, draws }) => {
      const surpluses = draws.map(({ from }) => {
        const donor = rows[from] as SubAccount;
        return donor.availableMinor - (donor.state === 'open' ? mean : 0n);
      });
      surpluses.slice(1).forEach((surplus, position) => {
        expect(surplus).toBeLessThanOrEqual(surpluses[position] as bigint);
      });
      expect(draws.slice(0, -1).map((draw) => draw.amountMinor)).toEqual(surpluses.slice(0, -1));
    });
  });

  test('the order of the rows does not matter', () => {
    checkDraws(({ rows, index, amountMinor, draws }) => {
      expect(planDraw([...rows].reverse(), { index, amountMinor })).toEqual(draws);
    });
  });

  test.each<{ what: string; rows: SubAccount[]; amountMinor: bigint; draws: [number, bigint][] }>([
    {
      what: 'an amount larger than every row is paid by all of them',
      rows: [open(10n), open(20n), open(30n), open(40n)],
      amountMinor: 100n,
      draws: [
        [3, 40n],
        [2, 30n],
        [1, 20n],
      ],
    },
    {
      what: 'of equally rich donors the first lends first',
      rows: [open(0n), open(50n), open(50n)],
      amountMinor: 10n,
      draws: [
        [1, 20n],
        [2, 20n],
      ],
    },
    {
      what: 'a draining donor gives what it has before a richer one in use gives what it can spare',
      rows: [open(0n), open(60n), draining(40n)],
      amountMinor: 20n,
      draws: [
        [2, 40n],
        [1, 20n],
      ],
    },
    {
      what: 'a draining home takes nothing but what it pays',
      rows: [draining(5n), open(60n), open(40n)],
      amountMinor: 20n,
      draws: [[1, 15n]],
    },
    {
      what: 'draining rows pay when no row is in use',
      rows: [draining(5n), draining(60n), draining(70n)],
      amountMinor: 20n,
      draws: [[2, 15n]],
    },
    {
      what: 'a home is not lifted past the balance limit, held money included',
      rows: [
        { ...open(0n), heldMinor: BALANCE_MAX_MINOR - 7n },
        open(BALANCE_MAX_MINOR),
        open(BALANCE_MAX_MINOR),
      ],
      amountMinor: 20n,
      draws: [[1, 27n]],
    },
  ])('$what', ({ rows, amountMinor, draws }) => {
    const numbered = rows.map((each, index) => ({ ...each, index }));
    expect(planDraw(numbered, { index: 0, amountMinor })).toEqual(
      draws.map(([from, lent]) => ({ from, to: 0, amountMinor: lent })),
    );
  });
});

interface Drawn {
  readonly rows: readonly SubAccount[];
  readonly home: SubAccount;
  readonly index: number;
  readonly amountMinor: bigint;
  /** What remains to each row in use. */
  readonly mean: bigint;
  readonly draws: readonly InsideMove[];
}

function checkDraws(check: (drawn: Drawn) => void): void {
  fc.assert(
    fc.property(situations, (situation) => {
      const { rows, index, amountMinor, total } = situation;
      const draws = planDraw(rows, situation);
      if (!draws) return;
      const inUse = rows.filter((each) => each.state === 'open').length;
      const mean = inUse === 0 ? 0n : (total - amountMinor) / BigInt(inUse);
      check({ rows, home: rows[index] as SubAccount, index, amountMinor, mean, draws });
    }),
    RUNS,
  );
}

function open(availableMinor: bigint): SubAccount {
  return row({ availableMinor });
}

function draining(availableMinor: bigint): SubAccount {
  return row({ availableMinor, state: 'draining' });
}

function lentBy(draws: readonly InsideMove[]): bigint {
  return sum(draws.map((draw) => draw.amountMinor));
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
