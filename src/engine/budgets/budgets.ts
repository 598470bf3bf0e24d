import type { AccountRecord } from '../../shards/directory/account-record';
import {
  type BudgetRecord,
  type BudgetStore,
  factsOf,
  type NewBudget,
} from '../../shards/directory/budget-store';
import { greater } from '../../ledger/money';
import type { Surroundings } from '../../shards/surroundings';
import type { AccountCache } from '../account-cache';
import type { Balances } from '../balances';
import type { Engine } from '../engine';
import type { BudgetRefusal } from '../engine-outcome';
import type { ShardSet } from '../shard-set';
import { Allowances } from './allowances';
import { BudgetBook } from './budget-book';
import { asNew, BudgetedDebits } from './budgeted-debits';
import { DirectoryTime } from './directory-time';

export interface BudgetsParts {
  readonly directory: { readonly budgets: BudgetStore; nowUs(): Promise<number> };
  readonly accounts: AccountCache;
  readonly shards: ShardSet;
  readonly balances: Pick<Balances, 'snapshot'>;
  readonly engine: Engine;
  readonly surroundings: Pick<Surroundings, 'now'>;
}

/** A budget and where it stands in the present period. */
export interface BudgetState {
  readonly budget: BudgetRecord;
  readonly periodStartUs: number;
  readonly periodEndUs: number | null;
  /** What was deducted, captures of holds included, and not given back. */
  readonly spentMinor: bigint;
  /** What holds have set aside. */
  readonly heldMinor: bigint;
  /** 0 where more is spent and held than the limit by now. */
  readonly availableMinor: bigint;
}

export type BudgetCreation =
  | { readonly kind: 'created'; readonly budget: BudgetRecord }
  /** The same budget was made before. */
  | { readonly kind: 'existed'; readonly budget: BudgetRecord }
  /** One of this id is another one, or was deleted. */
  | { readonly kind: 'taken'; readonly isDeleted: boolean }
  | { readonly kind: 'parentNotFound' }
  | { readonly kind: 'tooDeep' };

/** Limits on what is deducted from accounts. Methods reject with `ShardUnavailableError` and `DirectoryUnavailableError`. */
export class Budgets {
  readonly debits: BudgetedDebits;
  readonly #book: BudgetBook;
  readonly #allowances: Allowances;
  readonly #time: DirectoryTime;

  constructor(private readonly parts: BudgetsParts) {
    const { directory, accounts, shards, engine, surroundings } = parts;
    this.#book = new BudgetBook(directory.budgets);
    this.#time = new DirectoryTime(directory, surroundings);
    this.#allowances = new Allowances({
      budgets: directory.budgets,
      accounts,
      shards,
      submit: (request, account) => engine.submit(request, account),
    });
    this.debits = new BudgetedDebits({
      book: this.#book,
      allowances: this.#allowances,
      time: this.#time,
      accounts,
      shards,
      engine,
    });
  }

  get #store(): BudgetStore {
    return this.parts.directory.budgets;
  }

  async create(wanted: NewBudget): Promise<BudgetCreation> {
    const { accountId, budgetId, parent } = wanted;
    const inserted = await this.#store.insert(wanted);
    const found = await this.#store.find(accountId, budgetId);
    if (found) {
      if (inserted) return { kind: 'created', budget: found };
      return isAs(found, wanted)
        ? { kind: 'existed', budget: found }
        : { kind: 'taken', isDeleted: found.isDeleted };
    }
    const above = parent === null ? undefined : await this.#store.find(accountId, parent);
    return above && !above.isDeleted ? { kind: 'tooDeep' } : { kind: 'parentNotFound' };
  }

  /** A budget that stands. */
  async find(accountId: string, budgetId: string): Promise<BudgetState | undefined> {
    const budget = await this.#store.find(accountId, budgetId);
    return budget && !budget.isDeleted ? this.#stateOf(budget) : undefined;
  }

  /** Of some budgets and all above them, the one that has the least now, as a refusal. @param budgetIds at least one */
  async exhausted({ accountId }: AccountRecord, budgetIds: readonly string[]): Promise<BudgetRefusal> {
    const resolved = await this.#book.resolve(accountId, budgetIds);
    if (resolved.kind !== 'found') return resolved;
    const states = await Promise.all(resolved.budgets.map((budget) => this.find(accountId, budget.budgetId)));
    const [least] = states
      .filter((state) => state !== undefined)
      .sort(
        (a, b) => Number(a.availableMinor > b.availableMinor) - Number(a.availableMinor < b.availableMinor),
      );
    if (!least) return { kind: 'budgetNotFound', budgetId: budgetIds[0] ?? '' };
    const { budget, availableMinor, periodEndUs: renewsAtUs } = least;
    return { kind: 'budgetExhausted', budgetId: budget.budgetId, availableMinor, renewsAtUs };
  }

  /** By their ids, those behind `after` first. */
  list(page: { accountId: string; after: string; limit: number }): Promise<BudgetRecord[]> {
    return this.#store.list(page);
  }

  /** When it resolves, nothing goes beyond the new limit any more. @returns the budget then, if there is one */
  async changeLimit(
    accountId: string,
    budgetId: string,
    limitMinor: bigint,
  ): Promise<BudgetState | undefined> {
    if (!(await this.#store.changeLimit(accountId, budgetId, limitMinor))) return undefined;
    await this.#bringUp(accountId, budgetId);
    return this.find(accountId, budgetId);
  }

  /** When it resolves, nothing is charged to it any more. @returns false when there was no such budget */
  async delete(accountId: string, budgetId: string): Promise<boolean> {
    const budget = await this.#store.find(accountId, budgetId);
    if (!budget) return false;
    await this.#store.delete(accountId, budgetId);
    this.#book.forget(accountId, budgetId);
    // Also of one that was deleted before: whoever did so may not have come to the end.
    await this.#bringUp(accountId, budgetId);
    return !budget.isDeleted;
  }

  /** Brings the periods that are not over to what their budget says. */
  async #bringUp(accountId: string, budgetId: string): Promise<void> {
    const open = await this.#store.openAllowances(accountId, budgetId);
    await Promise.all(open.map((allowance) => this.#allowances.settle(asNew(allowance))));
  }

  async #stateOf(budget: BudgetRecord): Promise<BudgetState> {
    const { allowanceId, periodStartUs, periodEndUs } = this.#book.allowanceAt(budget, budget.readAtUs);
    const bounds = { budget, periodStartUs, periodEndUs };
    const known = await this.parts.accounts.read(allowanceId);
    if (!known) return { ...bounds, spentMinor: 0n, heldMinor: 0n, availableMinor: budget.limitMinor };
    const allowance = (await this.#allowances.settle(asNew(known))) ?? known;
    const { grantedMinor, pending } = factsOf(allowance);
    const { totalMinor, heldMinor } = await this.parts.balances.snapshot(allowance);
    const pendingMinor = pending.reduce((sum, { deltaMinor }) => sum + deltaMinor, 0n);
    const unspentMinor = totalMinor + pendingMinor;
    return {
      ...bounds,
      spentMinor: grantedMinor - unspentMinor,
      heldMinor,
      availableMinor: greater(0n, unspentMinor - heldMinor),
    };
  }
}

function isAs(found: BudgetRecord, wanted: NewBudget): boolean {
  return (
    !found.isDeleted &&
    found.limitMinor === wanted.limitMinor &&
    found.period === wanted.period &&
    found.timeZone === wanted.timeZone &&
    found.parent === wanted.parent
  );
}
