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
} from '../../test/models/budgeted';
import { credit, deduct, reverse, row } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { Command } from './command';
import type { Outcome } from './outcome';

interface Step {
  readonly kind: 'deduct' | 'credit' | 'reverse';
  readonly key: number;
  readonly amount: number;
  readonly row: number;
  readonly budgets: readonly Budget[];
  readonly step: number;
}

/** The account and its budgets as one number each. */
class Model {
  readonly left = new Map<string, bigint>();
  readonly taken = new Map<string, { step: Step; leftMinor: bigint }>();

  constructor(funds: readonly (readonly [string, number])[]) {
    for (const [name, minor] of funds) this.left.set(name, BigInt(minor));
  }

  run(step: Step): Outcome['kind'] {
    const amountMinor = BigInt(step.amount);
    const names = [ACCOUNT, ...step.budgets];
    const key = `k${step.key}`;
    if (step.kind === 'credit') {
      this.#add([ACCOUNT], amountMinor);
      return 'applied';
    }
    const earlier = this.taken.get(key);
    if (step.kind === 'reverse') {
      if (!earlier) return 'deductionNotHere';
      if (amountMinor > earlier.leftMinor) return 'reversalExceedsDeduction';
      earlier.leftMinor -= amountMinor;
      this.#add([ACCOUNT, ...earlier.step.budgets], amountMinor);
      return 'applied';
    }
    if (earlier)
      return earlier.step.amount === step.amount && earlier.step.budgets.join() === step.budgets.join()
        ? 'replayed'
        : 'keyReused';
    if (step.budgets.length > 0 && step.step === 0) return 'fenced';
    if (names.some((name) => (this.left.get(name) ?? 0n) < amountMinor)) return 'insufficientFunds';
    this.#add(names, -amountMinor);
    this.taken.set(key, { step, leftMinor: amountMinor });
    return 'applied';
  }

  #add(names: readonly string[], minor: bigint): void {
    for (const name of names) this.left.set(name, (this.left.get(name) ?? 0n) + minor);
  }
}

/**
 * Deductions with budgets on one shard, where account and budgets are split into rows: whatever comes in whatever batches, account and
 * budgets are charged as if each were one number, all of them or none.
 */
describe('a deduction with budgets', () => {
  it('is decided as by one number for the account and one for each budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 40 }), { minLength: 12, maxLength: 12 }),
        fc.array(fc.array(steps(), { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
        (funds, batches) => {
          const shard = budgetedShard(funds);
          const leftOf = (name: string): bigint => shard.sum(idOf(name), (each) => each.availableMinor);
          const model = new Model(NAMES.map((name) => [name, Number(leftOf(name))]));
          let reversals = 0;
          for (const batch of batches) {
            const expected = batch.map((step) => model.run(step));
            const commands = batch.map((step) => commandOf(step, (reversals += 1)));
            const { outcomes, changes } = shard.run(commands);
            // What is turned back is asked again, whatever stands under its key.
            const isStale = (place: number) => batch[place]?.step === 0 && batch[place].budgets.length > 0;
            expect(outcomes.map(({ kind }) => kind)).toEqual(
              expected.map((kind, place) =>
                isStale(place) && outcomes[place]?.kind === 'fenced' ? 'fenced' : kind,
              ),
            );
            for (const name of NAMES) expect([name, leftOf(name)]).toEqual([name, model.left.get(name)]);
            expectChargedAlike(
              outcomes.flatMap((each) => (each.kind === 'applied' ? [each.entry] : [])),
              changes.entries,
            );
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('changes nothing when one budget is short, whatever the others drew together for it', () => {
    const shard = new LedgerShard([
      row({ accountId: ACCOUNT, index: 0, availableMinor: 100n }),
      row({ accountId: idOf('org'), index: 0, availableMinor: 1n }),
      row({ accountId: idOf('org'), index: 1, availableMinor: 50n }),
      row({ accountId: idOf('team'), index: 0, availableMinor: 5n }),
    ]);
    const step = { kind: 'deduct', key: 1, amount: 20, row: 0, budgets: ['org', 'team'], step: 2 } as const;
    const { outcomes, changes } = shard.run([commandOf(step, 0)]);
    expect(outcomes).toEqual([{ kind: 'insufficientFunds', availableMinor: 5n, shortOf: idOf('team') }]);
    expect(changes.subAccounts).toEqual([]);
  });

  it('turns back what is done to an allowance when the row of its account has gone on', () => {
    const shard = new LedgerShard([
      row({ accountId: ACCOUNT, index: 0, epoch: 4 }),
      row({ accountId: idOf('org'), index: 0, availableMinor: 10n }),
    ]);
    const guard = { accountId: ACCOUNT, subAccount: 0, epoch: 3 };
    const { outcomes } = shard.run([credit({ accountId: idOf('org'), requestId: 'allowance 2', guard })]);
    expect(outcomes).toEqual([{ kind: 'fenced', epoch: 4 }]);
  });
});

function steps(): fc.Arbitrary<Step> {
  return fc.record({
    kind: fc.constantFrom('deduct', 'deduct', 'deduct', 'credit', 'reverse'),
    key: fc.nat({ max: 20 }),
    amount: fc.integer({ min: 1, max: 30 }),
    row: fc.nat({ max: ROWS - 1 }),
    budgets: fc.subarray([...BUDGETS]),
    // One in eight goes by a limit that has been lowered since.
    step: fc.nat({ max: 7 }).map((n) => (n === 0 ? 0 : 2)),
  });
}

function commandOf({ kind, key, amount, row: subAccount, budgets, step }: Step, n: number): Command {
  const about = { accountId: ACCOUNT, subAccount, amountMinor: BigInt(amount) };
  if (kind === 'credit') return credit({ ...about, requestId: `c${n}` });
  if (kind === 'reverse')
    return reverse({ ...about, reverses: `k${key}`, requestId: `r${n}`, fingerprint: `r${n}` });
  const charges = chargesBy(budgets, step === 0 ? 1 : 2);
  return deduct({
    ...about,
    requestId: `k${key}`,
    fingerprint: `${amount} ${budgets.join()}`,
    ...(charges.length > 0 && { charges }),
  });
}
