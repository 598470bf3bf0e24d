import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { tooDeep } from '../contract/budgets';
import { Problem } from '../contract/problem';
import type { Budgets, BudgetState } from '../engine/budgets/budgets';
import { EngineRuntime } from '../engine/runtime';
import type { AccountRecord } from '../shards/directory/account-record';
import type { NewBudget } from '../shards/directory/budget-store';

/** Limits on what is deducted from accounts, as both doors ask for them. Methods throw problems. */
@Injectable()
export class BudgetService {
  constructor(
    private readonly accounts: AccountService,
    private readonly runtime: EngineRuntime,
  ) {}

  get #budgets(): Budgets {
    return this.runtime.budgets;
  }

  async create(wanted: NewBudget): Promise<{ budget: BudgetState; isNew: boolean }> {
    const { accountId, budgetId, parent } = wanted;
    const account = await this.#account(accountId);
    if (account.status === 'closed') throw new Problem('ACCOUNT_CLOSED');
    const creation = await this.#budgets.create(wanted);
    switch (creation.kind) {
      case 'created':
      case 'existed':
        return { budget: await this.get(accountId, budgetId), isNew: creation.kind === 'created' };
      case 'taken':
        throw new Problem('BUDGET_EXISTS', {
          budgetId,
          ...(creation.isDeleted && { detail: 'A budget of this id was deleted; ids are not used again.' }),
        });
      case 'parentNotFound':
        throw new Problem('BUDGET_NOT_FOUND', { budgetId: parent ?? '' });
      case 'tooDeep':
        throw tooDeep();
    }
  }

  async get(accountId: string, budgetId: string): Promise<BudgetState> {
    const state = await this.#budgets.find(accountId, budgetId);
    if (!state) throw await this.#notFound(accountId, budgetId);
    return state;
  }

  async list(page: { accountId: string; after: string; limit: number }) {
    await this.#account(page.accountId);
    const found = await this.#budgets.list({ ...page, limit: page.limit + 1 });
    const items = found.slice(0, page.limit);
    const next = found.length > page.limit ? items.at(-1)?.budgetId : undefined;
    return { items, next };
  }

  async changeLimit(accountId: string, budgetId: string, limitMinor: bigint): Promise<BudgetState> {
    const state = await this.#budgets.changeLimit(accountId, budgetId, limitMinor);
    if (!state) throw await this.#notFound(accountId, budgetId);
    return state;
  }

  async delete(accountId: string, budgetId: string): Promise<void> {
    if (!(await this.#budgets.delete(accountId, budgetId))) throw await this.#notFound(accountId, budgetId);
  }

  async #account(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }

  async #notFound(accountId: string, budgetId: string): Promise<Problem> {
    await this.#account(accountId);
    return new Problem('BUDGET_NOT_FOUND', { budgetId });
  }
}
