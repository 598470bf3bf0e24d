import * as fc from 'fast-check';
import { row } from '../../test/models/commands';
import { BALANCE_MAX_MINOR } from './money';
import { planLevel } from './plan-level';
import { type SubAccount, withState } from './sub-account';

const RUNS = { seed: 20_251_107, numRuns: 1_000 };

const someRows = fc
  .array(
    fc.record({
      available: fc.oneof(fc.constant(0n), fc.bigInt(0n, 9n), fc.bigInt(0n, 100n), fc.bigInt(0n, 10n ** 18n)),
      held: fc.constantFrom(0n, 0n, 5n),
      inUse: fc.constantFrom(true, true, true, false),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .map((given) =>
    given.map(({ available: availableMinor, held: heldMinor, inUse }, index) =>
      withState(row({ index, availableMinor, heldMinor }), inUse),
    ),
  );

describe('planLevel', () => {
  test('makes and destroys no money and moves only what is there, from one row to another', () => {
    checkPlans((before, { after, moves }) => {
      expect(total(after)).toBe(total(before));
      for (const { from, to, amountMinor } of moves) {
        expect(amountMinor).toBeGreaterThan(0n);
        expect(from).not.toBe(to);
      }
    });
  });

  test('takes no row in use below the mean, and from rows below it nothing', () => {
    checkPlans((before, { after }) => {
      const mean = meanOf(before);
      for (const { was, is } of pairs(before, after)) {
        if (was.state !== 'open' || is.availableMinor >= was.availableMinor) continue;
        expect(is.availableMinor).toBeGreaterThanOrEqual(mean);
      }
    });
  });

  test('empties every draining row of what is available, if a row is open to take it', () => {
    checkPlans((before, { after }) => {
      const outOfUse = after.filter((each) => each.state !== 'open');
      if (inUse(before).length > 0) expect(total(outOfUse)).toBe(0n);
    });
  });

  test('gives nothing to rows out of use', () => {
    checkPlans((before, { moves }) => {
      for (const { to } of moves) expect(before[to]?.state).toBe('open');
    });
  });

  test('takes about one move for each row', () => {
    checkPlans((before, { moves }) => {
      expect(moves.length).toBeLessThanOrEqual(before.length + 1);
    });
  });

  test('exactly: lifts every row in use to the mean; what does not divide stays where it is', () => {
    checkPlans((before, { exactly, after }) => {
      if (!exactly) return;
      for (const each of inUse(after)) expect(each.availableMinor).toBeGreaterThanOrEqual(meanOf(before));
      expect(total(inUse(after)) - meanOf(before) * BigInt(inUse(after).length)).toBeLessThan(
        BigInt(after.length),
      );
    });
  });

  test('otherwise: does nothing while no row is below half the mean and nothing drains', () => {
    checkPlans((before, { exactly, moves }) => {
      if (exactly) return;
      const low = inUse(before).some((each) => each.availableMinor < meanOf(before) / 2n);
      const drains = total(before) > total(inUse(before));
      if (!low && !drains) expect(moves).toEqual([]);
      if (low) expect(moves).not.toEqual([]);
    });
  });

  test('leaves nothing to do: what was leveled is not leveled again', () => {
    checkPlans((_before, { exactly, moves, after }) => {
      expect(planLevel(after, exactly || moves.length > 0)).toEqual([]);
    });
  });

  test.each<{ what: string; rows: SubAccount[]; exactly?: boolean; after: bigint[] }>([
    {
      what: 'half the mean is not low yet',
      rows: [open(50n), open(150n), open(100n)],
      after: [50n, 150n, 100n],
    },
    {
      what: 'below half the mean is low, and then all are leveled',
      rows: [open(49n), open(150n), open(101n)],
      after: [100n, 100n, 100n],
    },
    {
      what: 'exactly means exactly',
      rows: [open(50n), open(151n), open(100n)],
      exactly: true,
      after: [100n, 101n, 100n],
    },
    {
      what: 'a draining row is emptied into the rows that have least above their need',
      rows: [open(10n), draining(30n), open(40n)],
      after: [40n, 0n, 40n],
    },
    {
      what: 'what a draining row has left when all are level goes to the first row in use',
      rows: [draining(11n), open(7n), open(7n)],
      after: [0n, 13n, 12n],
    },
    {
      what: 'a draining row keeps what it holds',
      rows: [row({ availableMinor: 5n, heldMinor: 9n, state: 'draining' }), open(0n)],
      after: [0n, 5n],
    },
    {
      what: 'no row in use, nobody to take anything',
      rows: [draining(5n), draining(6n)],
      exactly: true,
      after: [5n, 6n],
    },
    {
      what: 'an account of one row has nothing to level',
      rows: [open(5n)],
      exactly: true,
      after: [5n],
    },
    {
      what: 'no row is lifted past the balance limit, held money included; the rest stays where it drains',
      rows: [
        draining(BALANCE_MAX_MINOR),
        row({ availableMinor: 10n, heldMinor: BALANCE_MAX_MINOR - 30n }),
        open(BALANCE_MAX_MINOR - 5n),
      ],
      after: [BALANCE_MAX_MINOR - 25n, 30n, BALANCE_MAX_MINOR],
    },
  ])('$what', ({ rows, exactly = false, after }) => {
    const numbered = rows.map((each, index) => ({ ...each, index }));
    expect(applied(numbered, exactly).after.map((each) => each.availableMinor)).toEqual(after);
  });
});

interface Leveled {
  readonly exactly: boolean;
  readonly moves: ReturnType<typeof planLevel>;
  readonly after: readonly SubAccount[];
}

function checkPlans(check: (before: readonly SubAccount[], leveled: Leveled) => void): void {
  fc.assert(
    fc.property(someRows, fc.boolean(), (rows, exactly) => {
      check(rows, applied(rows, exactly));
    }),
    RUNS,
  );
}

/** Makes the moves one after the other; at no moment does a row give more than it has. */
function applied(rows: readonly SubAccount[], exactly: boolean): Leveled {
  const moves = planLevel(rows, exactly);
  const after = rows.map((each) => ({ ...each }));
  const at = (index: number) => after[index] as { availableMinor: bigint };
  for (const { from, to, amountMinor } of moves) {
    at(from).availableMinor -= amountMinor;
    at(to).availableMinor += amountMinor;
    expect(at(from).availableMinor).toBeGreaterThanOrEqual(0n);
  }
  return { exactly, moves, after };
}

function inUse(rows: readonly SubAccount[]): SubAccount[] {
  return rows.filter((each) => each.state === 'open');
}

/** What each row in use has when all is level. */
function meanOf(rows: readonly SubAccount[]): bigint {
  return total(rows) / BigInt(Math.max(1, inUse(rows).length));
}

function pairs(before: readonly SubAccount[], after: readonly SubAccount[]) {
  return before.map((was, position) => ({ was, is: after[position] as SubAccount }));
}

function total(rows: readonly SubAccount[]): bigint {
  return rows.reduce((sum, each) => sum + each.availableMinor, 0n);
}

function open(availableMinor: bigint): SubAccount {
  return row({ availableMinor });
}

function draining(availableMinor: bigint): SubAccount {
  return row({ availableMinor, state: 'draining' });
}
