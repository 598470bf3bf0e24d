import * as fc from 'fast-check';
import {
  ACCOUNT,
  type Budget,
  BUDGETS,
  budgetedShard,
  chargesBy,
  expectChargedAlike,
  idOf,
  NAMES,
  ROWS,
  STEP,
} from '../../test/models/budgeted';
import { cancel, confirm, deduct, expire, hold, raise, reverse, row } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { Command } from './command';
import { ENDS_WITH_ITS_ACCOUNTS_US } from './hold';
import type { Outcome } from './outcome';

interface Step {
  readonly kind: 'hold' | 'deduct' | 'capture' | 'raise' | 'cancel' | 'reverse';
  readonly hold: number;
  readonly amount: number | null;
  readonly row: number;
  readonly budgets: readonly Budget[];
  readonly isFinal: boolean;
  readonly mayTakeMore: boolean;
  /** Whether the command says by which steps the budgets of the hold are charged. */
  readonly namesSteps: boolean;
}

interface NaiveHold {
  state: 'held' | 'confirmed' | 'cancelled';
  readonly budgets: readonly Budget[];
  readonly triedMinor: bigint;
  leftMinor: bigint;
  capturedMinor: bigint;
  confirmedMinor: bigint;
}

/** The account and its budgets as two numbers each: what is available and what is held. */
class Model {
  readonly available = new Map<string, bigint>();
  readonly held = new Map<string, bigint>();
  readonly #holds = new Map<number, NaiveHold>();
  /** By hold: what its captures took and reversals have not given back. */
  readonly #captures = new Map<string, { leftMinor: bigint; readonly budgets: readonly Budget[] }>();

  constructor(funds: readonly (readonly [string, bigint])[]) {
    for (const [name, minor] of funds) {
      this.available.set(name, minor);
      this.held.set(name, 0n);
    }
  }

  budgetsOf(id: number): readonly Budget[] {
    return this.#holds.get(id)?.budgets ?? [];
  }

  run(step: Step, number: number): Outcome['kind'] {
    const found = this.#holds.get(step.hold);
    const amountMinor = step.amount === null ? null : BigInt(step.amount);
    switch (step.kind) {
      case 'hold':
        return this.#hold(step, amountMinor ?? 1n);
      case 'deduct':
        return this.#take(step.budgets, amountMinor ?? 1n, { held: 0n }) ? 'applied' : 'insufficientFunds';
      case 'capture':
        return found ? this.#capture(found, step, `${step.hold} c${number}`) : 'holdNotHere';
      case 'raise':
        return found ? this.#raise(found, step, amountMinor ?? 1n) : 'holdNotHere';
      case 'cancel':
        return found ? this.#cancel(found) : 'holdNotHere';
      case 'reverse':
        return this.#reverse(step, amountMinor);
    }
  }

  #hold({ hold: id, budgets }: Step, amountMinor: bigint): Outcome['kind'] {
    const earlier = this.#holds.get(id);
    if (earlier)
      return earlier.triedMinor === amountMinor && earlier.budgets.join() === budgets.join()
        ? 'held'
        : 'keyReused';
    if (!this.#take(budgets, amountMinor, { held: amountMinor })) return 'insufficientFunds';
    const none = { capturedMinor: 0n, confirmedMinor: 0n };
    this.#holds.set(id, {
      state: 'held',
      budgets,
      triedMinor: amountMinor,
      leftMinor: amountMinor,
      ...none,
    });
    return 'held';
  }

  #capture(found: NaiveHold, step: Step, name: string): Outcome['kind'] {
    const { isFinal, mayTakeMore } = step;
    if (found.state === 'confirmed')
      return isFinal && step.amount === null && found.confirmedMinor === 0n
        ? 'holdSettled'
        : 'holdAlreadyConfirmed';
    if (found.state === 'cancelled') return 'holdAlreadyCancelled';
    const amountMinor = step.amount === null ? found.leftMinor : BigInt(step.amount);
    const moreMinor = amountMinor - found.leftMinor;
    if (amountMinor === 0n && !isFinal) return 'confirmExceedsHold';
    if (moreMinor > 0n) {
      if (!mayTakeMore) return 'confirmExceedsHold';
      const refusal = this.#setMoreAside(found, step, moreMinor);
      if (refusal) return refusal;
    }
    const releasedMinor = isFinal ? found.leftMinor : amountMinor;
    this.#add(this.held, found.budgets, -releasedMinor);
    this.#add(this.available, found.budgets, releasedMinor - amountMinor);
    if (amountMinor > 0n) this.#captures.set(name, { leftMinor: amountMinor, budgets: found.budgets });
    if (isFinal) {
      found.state = 'confirmed';
      found.confirmedMinor = amountMinor;
      return 'holdSettled';
    }
    found.leftMinor -= amountMinor;
    found.capturedMinor += amountMinor;
    return 'holdChanged';
  }

  #raise(found: NaiveHold, step: Step, amountMinor: bigint): Outcome['kind'] {
    const moreMinor = amountMinor - found.leftMinor - found.capturedMinor;
    if (moreMinor <= 0n) {
      if (amountMinor <= found.triedMinor) return 'raiseTooLow';
      return found.state === 'held' ? 'holdChanged' : 'holdSettled';
    }
    if (found.state !== 'held')
      return found.state === 'confirmed' ? 'holdAlreadyConfirmed' : 'holdAlreadyCancelled';
    return this.#setMoreAside(found, step, moreMinor) ?? 'holdChanged';
  }

  #setMoreAside(found: NaiveHold, { namesSteps }: Step, minor: bigint): Outcome['kind'] | undefined {
    if (found.budgets.length > 0 && !namesSteps) return 'stepsNeeded';
    if (!this.#take(found.budgets, minor, { held: minor })) return 'insufficientFunds';
    found.leftMinor += minor;
    return undefined;
  }

  #cancel(found: NaiveHold): Outcome['kind'] {
    if (found.state === 'confirmed') return 'holdAlreadyConfirmed';
    if (found.state === 'held') {
      this.#add(this.held, found.budgets, -found.leftMinor);
      this.#add(this.available, found.budgets, found.leftMinor);
      found.state = 'cancelled';
    }
    return 'holdSettled';
  }

  #reverse(step: Step, amountMinor: bigint | null): Outcome['kind'] {
    const capture = this.#captures.get(captureOf(step));
    if (!capture) return 'deductionNotHere';
    const minor = amountMinor ?? capture.leftMinor;
    if (capture.leftMinor === 0n || minor > capture.leftMinor) return 'reversalExceedsDeduction';
    capture.leftMinor -= minor;
    this.#add(this.available, capture.budgets, minor);
    return 'applied';
  }

  #take(budgets: readonly Budget[], minor: bigint, { held }: { held: bigint }): boolean {
    if ([ACCOUNT, ...budgets].some((name) => (this.available.get(name) ?? 0n) < minor)) return false;
    this.#add(this.available, budgets, -minor);
    this.#add(this.held, budgets, held);
    return true;
  }

  #add(to: Map<string, bigint>, budgets: readonly Budget[], minor: bigint): void {
    for (const name of [ACCOUNT, ...budgets]) to.set(name, (to.get(name) ?? 0n) + minor);
  }
}

/**
 * Holds with budgets on one shard, where account and budgets are split into rows: whatever is done to a hold in whatever batches, it
 * is done in its account and in all of its budgets, or nowhere.
 */
describe('a hold with budgets', () => {
  it('is decided as by two numbers for the account and two for each budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 60 }), { minLength: 12, maxLength: 12 }),
        fc.array(fc.array(steps(), { minLength: 1, maxLength: 4 }), { maxLength: 16 }),
        (funds, batches) => {
          const shard = budgetedShard(funds);
          const sum = (name: string, value: 'availableMinor' | 'heldMinor'): bigint =>
            shard.sum(idOf(name), (each) => each[value]);
          const model = new Model(NAMES.map((name) => [name, sum(name, 'availableMinor')]));
          let number = 0;
          for (const batch of batches) {
            const numbered = batch.map((step) => ({ step, number: (number += 1) }));
            const expected: Outcome['kind'][] = [];
            const commands: Command[] = [];
            for (const each of numbered) {
              expected.push(model.run(each.step, each.number));
              commands.push(commandOf(each.step, each.number, model));
            }
            const { outcomes, changes } = shard.run(commands);
            expect(outcomes.map(({ kind }) => kind)).toEqual(expected);
            for (const name of NAMES) {
              expect([name, sum(name, 'availableMinor')]).toEqual([name, model.available.get(name)]);
              expect([name, sum(name, 'heldMinor')]).toEqual([name, model.held.get(name)]);
            }
            expectChargedAlike(
              changes.entries.filter(({ accountId }) => accountId === ACCOUNT),
              changes.entries,
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('sets nothing aside anywhere when one budget is short', () => {
    const shard = new LedgerShard([
      row({ accountId: ACCOUNT, index: 0, availableMinor: 100n }),
      row({ accountId: idOf('org'), index: 0, availableMinor: 30n }),
      row({ accountId: idOf('team'), index: 0, availableMinor: 5n }),
    ]);
    const { outcomes, changes } = shard.run([hold({ charges: chargesBy(['org', 'team'], 1) })]);
    expect(outcomes).toEqual([{ kind: 'insufficientFunds', availableMinor: 5n, shortOf: idOf('team') }]);
    expect(changes.subAccounts).toEqual([]);
    expect(changes.newHolds).toEqual([]);
  });

  it('is raised by nobody who has not heard of a limit that was lowered, and is settled by everybody', () => {
    const shard = new LedgerShard([
      row({ accountId: ACCOUNT, index: 0, availableMinor: 100n }),
      row({ accountId: idOf('org'), index: 0, availableMinor: 100n }),
    ]);
    shard.run([hold({ charges: chargesBy(['org'], 1) })]);
    const lifted = shard.rows.get(`${idOf('org')} 0`) ?? [...shard.rows.values()][1];
    if (lifted) shard.write({ ...NOTHING, subAccounts: [{ ...lifted, epoch: 3 }] });
    expect(shard.run([raise({ charges: chargesBy(['org'], 2) })]).outcomes).toEqual([
      { kind: 'fenced', epoch: 3, fencedBy: idOf('org') },
    ]);
    expect(shard.run([confirm({ amountMinor: 4n })]).outcomes).toMatchObject([{ kind: 'holdSettled' }]);
    expect(shard.sum(idOf('org'), ({ availableMinor }) => availableMinor)).toBe(96n);
  });

  it('ends in its budgets with its account, and never by itself', () => {
    const shard = new LedgerShard([
      row({ accountId: ACCOUNT, index: 0, availableMinor: 100n }),
      row({ accountId: idOf('org'), index: 0, availableMinor: 100n }),
    ]);
    shard.run([hold({ charges: chargesBy(['org'], 1), expiresInUs: 5 })]);
    const inBudget = [...shard.holds.values()].find(({ accountId }) => accountId === idOf('org'));
    expect(inBudget?.expiresAtUs).toBe(ENDS_WITH_ITS_ACCOUNTS_US);
    shard.nowUs += 5;
    expect(shard.run([expire()]).outcomes).toMatchObject([{ kind: 'holdSettled' }]);
    expect(shard.sum(idOf('org'), ({ heldMinor }) => heldMinor)).toBe(0n);
    expect([...shard.holds.values()].map(({ state }) => state)).toEqual(['expired', 'expired']);
  });
});

const NOTHING = {
  nowUs: 0,
  entries: [],
  localMoves: [],
  departures: [],
  arrivals: [],
  newHolds: [],
  changedHolds: [],
  reversals: [],
  newPayments: [],
  newIntakes: [],
  changedIntakes: [],
  forgottenIntakes: [],
};

function steps(): fc.Arbitrary<Step> {
  return fc.record({
    kind: fc.constantFrom(
      'hold',
      'hold',
      'hold',
      'deduct',
      'capture',
      'capture',
      'raise',
      'cancel',
      'reverse',
    ),
    hold: fc.nat({ max: 5 }),
    amount: fc.option(fc.integer({ min: 1, max: 40 })),
    row: fc.nat({ max: ROWS - 1 }),
    budgets: fc.subarray([...BUDGETS]),
    isFinal: fc.boolean(),
    mayTakeMore: fc.boolean(),
    namesSteps: fc.boolean(),
  });
}

/** A capture that a reversal is about: any that there may be. */
function captureOf({ hold: id, row: at, budgets }: Step): string {
  return `${id} c${1 + at + 3 * budgets.length}`;
}

function commandOf(step: Step, number: number, model: Model): Command {
  const { kind, amount, row: subAccount, budgets } = step;
  const about = { accountId: ACCOUNT, subAccount };
  const amountMinor = amount === null ? null : BigInt(amount);
  const holdId = `h${step.hold}`;
  const charges = step.namesSteps ? chargesBy(model.budgetsOf(step.hold), STEP) : [];
  const naming = charges.length > 0 && { charges };
  switch (kind) {
    case 'hold': {
      const fingerprint = `${amount ?? 1} ${budgets.join()}`;
      const own = budgets.length > 0 && { charges: chargesBy(budgets, STEP) };
      return hold({ ...about, requestId: holdId, amountMinor: amountMinor ?? 1n, fingerprint, ...own });
    }
    case 'deduct': {
      const own = budgets.length > 0 && { charges: chargesBy(budgets, STEP) };
      return deduct({ ...about, requestId: `k${number}`, amountMinor: amountMinor ?? 1n, ...own });
    }
    case 'capture': {
      const { isFinal, mayTakeMore } = step;
      const captureId = `c${number}`;
      const named = { captureId, amountMinor, isFinal, mayTakeMore, fingerprint: captureId };
      return confirm({ ...about, holdId, ...named, ...naming });
    }
    case 'raise':
      return raise({ ...about, holdId, amountMinor: amountMinor ?? 1n, ...naming });
    case 'cancel':
      return cancel({ ...about, holdId, leaveTombstone: false });
    case 'reverse': {
      const [, captureId = ''] = captureOf(step).split(' ');
      const requestId = `b${number}`;
      return reverse({
        ...about,
        reverses: holdId,
        captureId,
        requestId,
        amountMinor,
        fingerprint: requestId,
      });
    }
  }
}
