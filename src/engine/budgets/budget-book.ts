import { allowanceId } from '../../ledger/allowance';
import { type PeriodBounds, periodAt } from '../../ledger/budget-period';
import { BUDGET_DEPTH_MAX, type BudgetRecord, type NewAllowance } from '../../shards/directory/budget-store';
import { fingerprint } from '../fingerprint';
import { remember } from '../remember';

export interface BudgetSource {
  find(accountId: string, budgetId: string): Promise<BudgetRecord | undefined>;
}

export type Resolved =
  | { readonly kind: 'found'; readonly budgets: readonly BudgetRecord[] }
  | { readonly kind: 'budgetNotFound'; readonly budgetId: string };

const BUDGETS_MAX = 100_000;
const PERIODS_MAX = 100_000;
const BOUNDS_MAX = 1_000;

/**
 * The budgets that this instance has met. Of a budget that stands, nothing changes but its limit, which its allowances follow; one
 * that was deleted is found out by its allowance, and then read anew.
 */
export class BudgetBook {
  readonly #budgets = new Map<string, BudgetRecord>();
  readonly #periods = new Map<string, NewAllowance>();
  readonly #bounds = new Map<string, PeriodBounds>();

  constructor(private readonly source: BudgetSource) {}

  /** These budgets and all above them, each once. What is named has to stand; of what is above it, what was deleted is left out. */
  resolve(accountId: string, budgetIds: readonly string[]): Resolved | Promise<Resolved> {
    const budgets = new Map<string, BudgetRecord>();
    for (const named of budgetIds) {
      let budgetId: string | null = named;
      while (budgetId !== null && !budgets.has(budgetId)) {
        const budget = this.#budgets.get(`${accountId} ${budgetId}`);
        if (!budget) return this.#readMissing(accountId, budgetIds);
        if (budget.isDeleted && budgetId === named) return { kind: 'budgetNotFound', budgetId };
        budgets.set(budgetId, budget);
        budgetId = budget.parent;
      }
    }
    return { kind: 'found', budgets: [...budgets.values()].filter(({ isDeleted }) => !isDeleted) };
  }

  async #readMissing(accountId: string, budgetIds: readonly string[]): Promise<Resolved> {
    const budgets = new Map<string, BudgetRecord>();
    for (const named of budgetIds) {
      let budgetId: string | null = named;
      for (let depth = 0; budgetId !== null && depth < BUDGET_DEPTH_MAX; depth += 1) {
        const known: BudgetRecord | undefined = budgets.get(budgetId);
        const budget: BudgetRecord | undefined = known ?? (await this.#read(accountId, budgetId));
        if (!budget || (budget.isDeleted && budgetId === named)) return { kind: 'budgetNotFound', budgetId };
        budgets.set(budgetId, budget);
        budgetId = budget.parent;
      }
    }
    return { kind: 'found', budgets: [...budgets.values()].filter(({ isDeleted }) => !isDeleted) };
  }

  async #read(accountId: string, budgetId: string): Promise<BudgetRecord | undefined> {
    const key = `${accountId} ${budgetId}`;
    const budget = this.#budgets.get(key) ?? (await this.source.find(accountId, budgetId));
    if (budget) remember(this.#budgets, key, budget, BUDGETS_MAX);
    return budget;
  }

  forget(accountId: string, budgetId: string): void {
    this.#budgets.delete(`${accountId} ${budgetId}`);
  }

  /** Most budgets have the period of many others. */
  #boundsAt({ period, timeZone }: BudgetRecord, nowUs: number): PeriodBounds {
    const key = `${period} ${timeZone}`;
    const known = this.#bounds.get(key);
    if (known && isIn(known, nowUs)) return known;
    const bounds = periodAt(period, timeZone, nowUs);
    remember(this.#bounds, key, bounds, BOUNDS_MAX);
    return bounds;
  }

  /** What a budget has in the period that an instant of the directory's clock is in. */
  allowanceAt(budget: BudgetRecord, nowUs: number): NewAllowance {
    const { accountId, budgetId } = budget;
    const key = `${accountId} ${budgetId}`;
    const known = this.#periods.get(key);
    if (known && isIn({ startUs: known.periodStartUs, endUs: known.periodEndUs }, nowUs)) return known;
    const { startUs, endUs } = this.#boundsAt(budget, nowUs);
    const allowance = {
      allowanceId: allowanceId(fingerprint(accountId, budgetId, BigInt(startUs))),
      accountId,
      budgetId,
      periodStartUs: startUs,
      periodEndUs: endUs,
    };
    remember(this.#periods, key, allowance, PERIODS_MAX);
    return allowance;
  }
}

function isIn({ startUs, endUs }: PeriodBounds, instantUs: number): boolean {
  return instantUs >= startUs && (endUs === null || instantUs < endUs);
}
