import type { BudgetedOutcome } from '../../src/engine/budgets/budgeted-debits';
import type { PlainRequest } from '../../src/engine/router';
import { type Charge, isAllowanceId } from '../../src/ledger/allowance';
import { type Entry, signedAmount } from '../../src/ledger/entry';
import { requestNames } from '../../src/ledger/identifiers';
import type { SiteInstance } from './engine-site';
import type { EngineWorld } from './engine-world';

/** A budget as one number: what it may spend, and what it has spent in each period. */
interface ModelBudget {
  readonly parent: string | null;
  /** The limits that may be in force: one, and those of changes that have not been answered. */
  limits: bigint[];
  /** By allowance. */
  readonly spent: Map<string, bigint>;
  /** The allowance that was charged last. */
  newest: string;
}

interface OpenCall {
  readonly request: PlainRequest;
  /** What was too small at some instant of the call: the account, or a budget by its id. */
  readonly mayBeShort: Set<string>;
}

export interface EndedBudgetedCall extends OpenCall {
  readonly outcome: BudgetedOutcome | { readonly kind: 'rejected'; readonly error: unknown };
}

const ACCOUNT = 'acme';

/**
 * Watches deductions with budgets on one account: after every transaction, whether a budget has gone beyond every limit that may be in
 * force, whether account and budgets were charged alike, and whom of those who wait each of them could not pay.
 */
export class WatchedBudgets {
  readonly ended: EndedBudgetedCall[] = [];
  readonly faults: string[] = [];
  readonly #budgets = new Map<string, ModelBudget>();
  readonly #open = new Set<OpenCall>();
  readonly #tookEffect = new Set<string>();
  readonly #charges = new Map<string, readonly Charge[]>();
  #payableMinor: bigint;

  constructor(world: EngineWorld) {
    this.#payableMinor = world.total(ACCOUNT);
    world.onCommit(({ entries }) => {
      this.#judge(entries);
    });
  }

  budget(budgetId: string, limitMinor: bigint, parent: string | null = null): void {
    this.#budgets.set(budgetId, { parent, limits: [limitMinor], spent: new Map(), newest: '' });
  }

  /** Says what is left of it under the limits that may be in force; never below zero. */
  leftOf(budgetId: string): { least: bigint; most: bigint } {
    const { limits, spent, newest } = this.#known(budgetId);
    const used = spent.get(newest) ?? 0n;
    const left = limits.map((limit) => (limit > used ? limit - used : 0n));
    return {
      least: left.reduce((a, b) => (a < b ? a : b)),
      most: left.reduce((a, b) => (a > b ? a : b)),
    };
  }

  async changeLimit(budgetId: string, limitMinor: bigint, change: () => Promise<unknown>): Promise<void> {
    const budget = this.#known(budgetId);
    budget.limits = [...budget.limits, limitMinor];
    this.#look(this.#open);
    await change();
    budget.limits = [limitMinor];
    this.#look(this.#open);
  }

  async submit(
    instance: SiteInstance,
    request: PlainRequest,
    budgetIds: readonly string[],
  ): Promise<EndedBudgetedCall> {
    const call: OpenCall = { request, mayBeShort: new Set() };
    this.#open.add(call);
    this.#look([call]);
    const account = instance.accounts.peek(ACCOUNT) ?? (await instance.accounts.read(ACCOUNT));
    if (!account) throw new RangeError(`no account ${ACCOUNT}`);
    const outcome = await instance.budgets.debits
      .submit(request, account, budgetIds)
      .catch((error: unknown) => ({ kind: 'rejected' as const, error }));
    this.#open.delete(call);
    const ended = { ...call, outcome };
    this.ended.push(ended);
    return ended;
  }

  get wronglyRefused(): EndedBudgetedCall[] {
    return this.ended.filter(({ outcome, mayBeShort }) => {
      if (outcome.kind === 'insufficientFunds') return !mayBeShort.has(ACCOUNT);
      return outcome.kind === 'budgetExhausted' && !mayBeShort.has(outcome.budgetId);
    });
  }

  get tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { outcome } of this.ended) tally[outcome.kind] = (tally[outcome.kind] ?? 0) + 1;
    return tally;
  }

  #judge(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.accountId !== ACCOUNT) continue;
      this.#payableMinor += signedAmount(entry);
      this.#tookEffect.add(entry.requestId);
      const mine = entries.filter(
        ({ accountId, requestId }) => isAllowanceId(accountId) && requestId === entry.requestId,
      );
      if (entry.kind === 'deduction') this.#charge(entry, mine);
      if (entry.kind === 'reversal') this.#giveBack(entry, mine);
      this.#look(this.#open);
    }
  }

  #charge(entry: Entry, mine: readonly Entry[]): void {
    this.#charges.set(entry.requestId, entry.charges ?? []);
    for (const { budgetId, allowanceId } of entry.charges ?? []) {
      const charged = mine.filter(({ accountId, kind }) => accountId === allowanceId && kind === 'deduction');
      if (charged.length !== 1 || charged[0]?.amountMinor !== entry.amountMinor)
        this.faults.push(`${entry.requestId} is not charged to ${budgetId}`);
      const budget = this.#known(budgetId);
      const spent = (budget.spent.get(allowanceId) ?? 0n) + entry.amountMinor;
      budget.spent.set(allowanceId, spent);
      budget.newest = allowanceId;
      if (budget.limits.every((limit) => spent > limit))
        this.faults.push(`${budgetId} has spent ${spent} of ${budget.limits.join(' or ')}`);
    }
    if (mine.length !== (entry.charges?.length ?? 0))
      this.faults.push(`${entry.requestId} is charged to budgets that it does not name`);
  }

  /** To the periods that the deduction was charged to, whatever is the present one. */
  #giveBack(entry: Entry, mine: readonly Entry[]): void {
    const { reverses = '' } = requestNames(entry.kind, entry.requestId);
    const charges = this.#charges.get(reverses) ?? [];
    for (const { budgetId, allowanceId } of charges) {
      const returned = mine.filter(({ accountId, kind }) => accountId === allowanceId && kind === 'reversal');
      if (returned.length !== 1 || returned[0]?.amountMinor !== entry.amountMinor)
        this.faults.push(`${entry.requestId} gives nothing back to ${budgetId}`);
      const { spent } = this.#known(budgetId);
      spent.set(allowanceId, (spent.get(allowanceId) ?? 0n) - entry.amountMinor);
    }
    if (mine.length !== charges.length) this.faults.push(`${entry.requestId} gives back to others`);
  }

  #known(budgetId: string): ModelBudget {
    const budget = this.#budgets.get(budgetId);
    if (!budget) throw new RangeError(`no budget ${budgetId}`);
    return budget;
  }

  #look(calls: Iterable<OpenCall>): void {
    for (const { request, mayBeShort } of calls) {
      if (this.#tookEffect.has(request.requestId)) continue;
      if (this.#payableMinor < request.amountMinor) mayBeShort.add(ACCOUNT);
      for (const budgetId of this.#budgets.keys())
        if (this.leftOf(budgetId).least < request.amountMinor) mayBeShort.add(budgetId);
    }
  }
}
