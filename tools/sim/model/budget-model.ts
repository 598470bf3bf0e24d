import type { Charge } from '../../../src/ledger/allowance';
import type { Entry } from '../../../src/ledger/entry';
import { requestNames } from '../../../src/ledger/identifiers';

interface ModelBudget {
  readonly parent: string | null;
  /** The limits that may be in force: one, and those of changes that nobody has answered. */
  limits: readonly bigint[];
  /** What was deducted and what holds have set aside, by allowance. */
  readonly used: Map<string, bigint>;
}

/** The budgets of one account as the plainest bookkeeper sees them: what each may spend, and what it has. */
export class BudgetModel {
  readonly #budgets = new Map<string, ModelBudget>();
  /** By the request id of a deduction or a hold. */
  readonly #charges = new Map<string, readonly Charge[]>();
  /** Allowances that the transaction at hand has taken from, with the request that did. */
  readonly #taken = new Map<string, { readonly budgetId: string; readonly by: string }>();

  made(budgetId: string, limitMinor: bigint, parent: string | null): void {
    this.#budgets.set(budgetId, { parent, limits: [limitMinor], used: new Map() });
  }

  /** From when it is asked for; `changed` says that it was answered. */
  changes(budgetId: string, limitMinor: bigint): void {
    const budget = this.#known(budgetId);
    budget.limits = [...budget.limits, limitMinor];
  }

  changed(budgetId: string, limitMinor: bigint): void {
    this.#known(budgetId).limits = [limitMinor];
  }

  /** Of some budgets and all above them, those that may have too little for an amount. */
  shortOf(budgetIds: readonly string[], amountMinor: bigint): string[] {
    return [...this.#tree(budgetIds)].filter((budgetId) => {
      const { limits, used } = this.#known(budgetId);
      const usedMinor = [...used.values()].reduce((sum, each) => sum + each, 0n);
      return limits.some((limit) => limit - usedMinor < amountMinor);
    });
  }

  /**
   * What a transaction breaks that has written an entry of the account.
   *
   * @param charged the entries of allowances that it has written under the same key
   * @param askedFor the budgets that the request behind it named, where it is one of its own
   */
  entered(
    entry: Entry,
    charged: readonly Entry[],
    askedFor: readonly string[] | undefined,
  ): string | undefined {
    const isOwn = entry.kind === 'deduction' || entry.kind === 'hold';
    const charges = isOwn ? (entry.charges ?? []) : this.#chargesBehind(entry);
    const paid = charges.filter(({ allowanceId }) =>
      charged.some(
        ({ accountId, kind, amountMinor }) =>
          accountId === allowanceId && kind === entry.kind && amountMinor === entry.amountMinor,
      ),
    );
    if (paid.length < charges.length || charged.length !== charges.length)
      return `${entry.kind} ${entry.requestId} concerns ${charges.length} budgets, and ${charged.length} were charged`;
    if (isOwn && entry.amountMinor > 0n && askedFor) {
      const named = [...charges].map(({ budgetId }) => budgetId).sort();
      const expected = [...this.#tree(askedFor)].sort();
      if (named.join() !== expected.join())
        return `${entry.requestId} is charged to ${named.join()}, not to ${expected.join()}`;
    }
    if (isOwn) this.#charges.set(entry.requestId, charges);
    this.#uses(charges, usedBy(entry), entry.requestId);
    return undefined;
  }

  /** What a hold gives back that has come to its end. */
  released(charges: readonly Charge[], amountMinor: bigint): void {
    this.#uses(charges, -amountMinor, 'a release');
  }

  /** What a transaction breaks that has ended: in one, what is given back makes room for what is taken. */
  ended(): string | undefined {
    const taken = [...this.#taken];
    this.#taken.clear();
    for (const [allowanceId, { budgetId, by }] of taken) {
      const { used, limits } = this.#known(budgetId);
      const usedMinor = used.get(allowanceId) ?? 0n;
      if (limits.every((limit) => usedMinor > limit))
        return `${budgetId} has used ${usedMinor} of ${limits.join(' or ')} after ${by}`;
    }
    return undefined;
  }

  #uses(charges: readonly Charge[], signedMinor: bigint, by: string): void {
    for (const { budgetId, allowanceId } of charges) {
      const { used } = this.#known(budgetId);
      used.set(allowanceId, (used.get(allowanceId) ?? 0n) + signedMinor);
      if (signedMinor > 0n) this.#taken.set(allowanceId, { budgetId, by });
    }
  }

  /** Of a hold that is raised or captured, and of what is reversed. */
  #chargesBehind({ kind, requestId }: Entry): readonly Charge[] {
    const { holdId, reverses } = requestNames(kind, requestId);
    return this.#charges.get(holdId ?? reverses ?? '') ?? [];
  }

  #tree(budgetIds: readonly string[]): Set<string> {
    const tree = new Set<string>();
    for (const named of budgetIds)
      for (let each: string | null = named; each !== null; each = this.#known(each).parent) tree.add(each);
    return tree;
  }

  #known(budgetId: string): ModelBudget {
    const budget = this.#budgets.get(budgetId);
    if (!budget) throw new RangeError(`no budget ${budgetId}`);
    return budget;
  }
}

/** A capture takes what was set aside before. */
function usedBy({ kind, amountMinor }: Entry): bigint {
  switch (kind) {
    case 'deduction':
    case 'hold':
    case 'hold-raise':
      return amountMinor;
    case 'reversal':
      return -amountMinor;
    default:
      return 0n;
  }
}
