import fc from 'fast-check';
import { type Crossing, type LevelEvidence, type LevelState, nextLevel } from './balance-level';

const NEW: LevelState = { level: null, lowBalanceMinor: 100n, shortOfMinor: null };

/** Everything that a look makes of an account, one step after the other. */
function steps(state: LevelState, evidence: LevelEvidence): { told: Crossing[]; state: LevelState } {
  const told: Crossing[] = [];
  let at = state;
  for (let step = nextLevel(at, evidence); step; step = nextLevel(at, evidence)) {
    at = { ...at, ...step };
    if (step.crossing) told.push(step.crossing);
    if (told.length > 3) throw new Error('it never comes to rest');
  }
  return { told, state: at };
}

const paid = (availableMinor: bigint, refusedMinor?: bigint): LevelEvidence => ({
  availableMinor,
  hasPaid: true,
  ...(refusedMinor !== undefined && { refusedMinor }),
});

describe('the level of a balance', () => {
  it('falls through one bound or both, and comes back above the upper one', () => {
    let { told, state } = steps(NEW, paid(101n));
    expect(told).toEqual([]);
    ({ told, state } = steps(state, paid(100n)));
    expect(told).toEqual(['low']);
    ({ told, state } = steps(state, paid(0n)));
    expect(told).toEqual(['exhausted']);
    ({ told, state } = steps(state, paid(100n)));
    expect(told).toEqual([]);
    ({ told, state } = steps(state, paid(101n)));
    expect(told).toEqual(['replenished']);
    expect(steps(state, paid(0n)).told).toEqual(['low', 'exhausted']);
  });

  it('is exhausted by a refusal, and without a bound replenished by what was refused', () => {
    const ample: LevelState = { level: 'ample', lowBalanceMinor: null, shortOfMinor: null };
    let { told, state } = steps(ample, paid(3n, 5n));
    expect([told, state.shortOfMinor]).toEqual([['exhausted'], 5n]);
    expect(steps(state, paid(4n)).told).toEqual([]);
    expect(steps(state, paid(5n)).told).toEqual(['replenished']);
    ({ told, state } = steps(state, paid(3n, 4n)));
    expect([told, state.shortOfMinor]).toEqual([[], 4n]);
    expect(steps(state, paid(4n)).told).toEqual(['replenished']);
  });

  it('says nothing of an account that was opened empty, until it has paid or refused', () => {
    expect(steps(NEW, { availableMinor: 0n, hasPaid: false })).toEqual({ told: [], state: NEW });
    expect(steps(NEW, { availableMinor: 500n, hasPaid: false }).state.level).toBe('ample');
    expect(steps(NEW, paid(0n)).told).toEqual(['low', 'exhausted']);
    expect(steps({ ...NEW, lowBalanceMinor: null }, paid(7n, 8n)).told).toEqual(['exhausted']);
  });

  it('tells of low and exhausted once at most between two replenished, and rests after every look', () => {
    const evidence = fc.record({
      availableMinor: fc.bigInt({ min: 0n, max: 20n }),
      refused: fc.option(fc.bigInt({ min: 1n, max: 9n }), { nil: undefined }),
    });
    const bound = fc.option(fc.bigInt({ min: 1n, max: 15n }), { nil: null });
    fc.assert(
      fc.property(bound, fc.array(evidence, { maxLength: 40 }), (lowBalanceMinor, looks) => {
        let state: LevelState = { level: 'ample', lowBalanceMinor, shortOfMinor: null };
        let since: Crossing[] = [];
        for (const { availableMinor, refused } of looks) {
          const more = refused === undefined ? undefined : availableMinor + refused;
          const look = steps(state, paid(availableMinor, more));
          state = look.state;
          for (const crossing of look.told) {
            if (crossing === 'replenished') {
              expect(since.length).toBeGreaterThan(0);
              since = [];
            } else {
              expect(since).not.toContain(crossing);
              since.push(crossing);
            }
          }
        }
      }),
    );
  });
});
