import type { Charge } from '../../../src/ledger/allowance';
import type { Entry } from '../../../src/ledger/entry';
import { requestNames } from '../../../src/ledger/identifiers';

interface ModelBudget {
  readonly parent: string | null;
  /** The limits that may be in force: one, and those of changes that nobody has answered. */
  limits: readonly bigint[];
  readonly spent: Map<string, bigint>;
}

/** The budgets of one account as the plainest bookkeeper sees them: what each may spend, and what it has. */
export class BudgetModel {
  readonly #budgets = new Map<string, ModelBudget>();
  /** By the request id of a deduction. */
  readonly #charges = new Map<string, readonly Charge[]>();

  made(budgetId: string, limitMinor: bigint, parent: string | null): void {
    this.#budgets.set(budgetId, { parent, limits: [limitMinor], spent: new Map() });
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
      const { limits, spent } = this.#known(budgetId);
      const used = [...spent.values()].reduce((sum, each) => sum + each, 0n);
      return limits.some((limit) => limit - used < amountMinor);
    });
  }

  /**
   * What a transaction breaks that has written an entry of the account.
   *
   * @param charged the entries of allowances that it has written under the same key
   */
  entered(
    entry: Entry,
    charged: readonly Entry[],
    askedFor: readonly string[] | undefined,
  ): string | undefined {
    const charges = entry.kind === 'reversal' ? this.#chargesBehind(entry) : (entry.charges ?? []);
    const paid = charges.filter(({ allowanceId }) =>
      charged.some(
        ({ accountId, kind, amountMinor }) =>
          accountId === allowanceId && kind === entry.kind && amountMinor === entry.amountMinor,
      ),
    );
    if (paid.length < charges.length || charged.length !== charges.length)
      return `${entry.kind} ${entry.requestId} concerns ${charges.length} budgets, and ${charged.length} were charged`;
    if (entry.kind === 'deduction' && askedFor) {
      const named = [...charges].map(({ budgetId }) => budgetId).sort();
      const expected = [...this.#tree(askedFor)].sort();
      if (named.join() !== expected.join())
        return `${entry.requestId} is charged to ${named.join()}, not to ${expected.join()}`;
    }
    this.#charges.set(entry.requestId, charges);
    for (const { budgetId, allowanceId } of charges) {
      const { spent, limits } = this.#known(budgetId);
      const signed = entry.kind === 'deduction' ? entry.amountMinor : -entry.amountMinor;
      const used = (spent.get(allowanceId) ?? 0n) + signed;
      spent.set(allowanceId, used);
      if (signed > 0n && limits.every((limit) => used > limit))
        return `${budgetId} has spent ${used} of ${limits.join(' or ')} after ${entry.requestId}`;
    }
    return undefined;
  }

  #chargesBehind({ kind, requestId }: Entry): readonly Charge[] {
    const { reverses = '' } = requestNames(kind, requestId);
    return this.#charges.get(reverses) ?? [];
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
