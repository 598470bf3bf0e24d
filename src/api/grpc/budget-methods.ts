import { Injectable } from '@nestjs/common';
import { BudgetService } from '../../budgets/budget.service';
import {
  changeBudget,
  createBudget,
  deleteBudget,
  getBudget,
  limitOf,
  listBudgets,
  timeZoneOf,
} from '../../contract/budgets';
import { decodeIdCursor, encodeCursor, pageLength } from '../../contract/cursors';
import type { BudgetState } from '../../engine/budgets/budgets';
import { BUDGET_PERIODS } from '../../ledger/budget-period';
import type { BudgetRecord } from '../../shards/directory/budget-store';
import { checked, checkOf, type SaidIn } from './check';
import { int64Of } from './int64';
import type { AccountRequest, BudgetRequest, CreateBudgetRequest, PageRequest } from './messages';
import { accountIdOf, optionalDigits, own, pageOf, present } from './read-requests';
import { serves } from './serves';
import { timestampOf } from './timestamp';
import type { UnaryMethod } from './unary';
import { enumValue } from './views';
import { enumOf } from './wire';

const isNewBudget = checkOf<SaidIn<typeof createBudget>>(createBudget);
const isChange = checkOf<SaidIn<typeof changeBudget>>(changeBudget);
const isBudget = checkOf<SaidIn<typeof getBudget>>(getBudget);

const PERIODS = enumOf('hotsplit.v1.BudgetPeriod');

/** The methods of hotsplit.v1.AccountService that are about budgets. */
@Injectable()
export class BudgetMethods {
  constructor(private readonly budgets: BudgetService) {}

  methods(): UnaryMethod[] {
    return [this.#create(), this.#get(), this.#list(), this.#change(), this.#delete()];
  }

  #create(): UnaryMethod {
    return serves(createBudget, async (message: CreateBudgetRequest): Promise<object> => {
      const body = checked(isNewBudget, {
        ...namesOf(message),
        ...optionalDigits(message, 'limit'),
        ...(message.period > 0 && { period: periodOf(message.period) }),
        ...own(message, 'timeZone'),
        ...own(message, 'parent'),
      });
      const { budget, isNew } = await this.budgets.create({
        accountId: body.accountId,
        budgetId: body.budgetId,
        limitMinor: limitOf(body),
        period: body.period,
        timeZone: timeZoneOf(body),
        parent: body.parent ?? null,
      });
      return { budget: stateView(budget), replayed: !isNew };
    });
  }

  #get(): UnaryMethod {
    return serves(getBudget, async (message: BudgetRequest): Promise<object> => {
      const { accountId, budgetId } = checked(isBudget, namesOf(message));
      return { budget: stateView(await this.budgets.get(accountId, budgetId)) };
    });
  }

  #list(): UnaryMethod {
    return serves(listBudgets, async (message: AccountRequest & PageRequest): Promise<object> => {
      const accountId = accountIdOf(message);
      const { cursor, limit } = pageOf(message);
      const page = { accountId, after: decodeIdCursor(cursor), limit: pageLength(limit) };
      const { items, next } = await this.budgets.list(page);
      return {
        items: items.map(budgetView),
        nextCursor: next === undefined ? undefined : encodeCursor(next),
      };
    });
  }

  #change(): UnaryMethod {
    return serves(changeBudget, async (message: BudgetRequest): Promise<object> => {
      const body = checked(isChange, { ...namesOf(message), ...optionalDigits(message, 'limit') });
      const { accountId, budgetId } = body;
      return { budget: stateView(await this.budgets.changeLimit(accountId, budgetId, limitOf(body))) };
    });
  }

  #delete(): UnaryMethod {
    return serves(deleteBudget, async (message: BudgetRequest): Promise<object> => {
      const { accountId, budgetId } = checked(isBudget, namesOf(message));
      await this.budgets.delete(accountId, budgetId);
      return {};
    });
  }
}

function namesOf({ accountId, budgetId }: BudgetRequest) {
  return { ...present('accountId', accountId), ...present('budgetId', budgetId) };
}

/** In words. A number that stands for none is left to the check of the words. */
function periodOf(value: number): string {
  return BUDGET_PERIODS.find((each) => enumValue(PERIODS, 'BUDGET_PERIOD', each) === value) ?? String(value);
}

function budgetView(budget: BudgetRecord) {
  return {
    budgetId: budget.budgetId,
    accountId: budget.accountId,
    limit: int64Of(budget.limitMinor),
    period: enumValue(PERIODS, 'BUDGET_PERIOD', budget.period),
    timeZone: budget.timeZone,
    parent: budget.parent ?? undefined,
    createdAt: timestampOf(budget.createdAtUs),
  };
}

function stateView({ budget, periodStartUs, periodEndUs, ...state }: BudgetState) {
  return {
    ...budgetView(budget),
    spent: int64Of(state.spentMinor),
    held: int64Of(state.heldMinor),
    available: int64Of(state.availableMinor),
    periodStart: periodEndUs === null ? undefined : timestampOf(periodStartUs),
    renewsAt: periodEndUs === null ? undefined : timestampOf(periodEndUs),
  };
}
