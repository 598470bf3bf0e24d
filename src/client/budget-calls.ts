import { deletion } from './admin-calls';
import { type AmountIn } from './amounts';
import { answered } from './answer';
import { readBudget, whenShaped } from './read-shapes';
import { accountPath, checkedAccountId, checkedDigits } from './requests';
import type { Budget, BudgetChange, BudgetResult, NewBudget, OneBudget } from './shapes';
import type { CallRequest } from './single-call';

/** @throws InvalidArgumentError */
export function createBudgetCall(budget: NewBudget): CallRequest<BudgetResult> {
  const { accountId, period, timeZone } = budget;
  const budgetId = checkedAccountId(budget.budgetId, 'budgetId');
  const parent = budget.parent === undefined ? undefined : checkedAccountId(budget.parent, 'parent');
  const limit = limitDigits(budget.limit);
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/budgets`,
    body: JSON.stringify({ budgetId, limit, period, timeZone, parent }),
    effect: 'once',
    read: (body, { status }) => {
      const created = budgetReader({ accountId, budgetId })(body);
      return created && answered({ ...created, replayed: status === 200 });
    },
  };
}

/** @throws InvalidArgumentError */
export function budgetCall(accountId: string, budgetId: string): CallRequest<Budget> {
  return {
    method: 'GET',
    path: budgetPath({ accountId, budgetId }),
    effect: 'none',
    read: budgetReader({ accountId, budgetId }),
  };
}

/** @throws InvalidArgumentError */
export function changeBudgetCall({ accountId, budgetId, limit }: BudgetChange): CallRequest<Budget> {
  return {
    method: 'PATCH',
    path: budgetPath({ accountId, budgetId }),
    body: JSON.stringify({ limit: limitDigits(limit) }),
    effect: 'once',
    read: budgetReader({ accountId, budgetId }),
  };
}

/** @throws InvalidArgumentError */
export function deleteBudgetCall(budget: OneBudget): CallRequest<true> {
  return deletion(budgetPath(budget));
}

function budgetPath({ accountId, budgetId }: OneBudget): string {
  return `${accountPath(accountId)}/budgets/${encodeURIComponent(checkedAccountId(budgetId, 'budgetId'))}`;
}

/** A limit may be nothing at all. */
function limitDigits(limit: AmountIn): string {
  return limit === 0 || limit === 0n || limit === '0' ? '0' : checkedDigits(limit, 'limit');
}

function budgetReader({ accountId, budgetId }: OneBudget) {
  return (body: unknown): Budget | undefined => {
    const budget = whenShaped(() => readBudget(body));
    return budget?.accountId === accountId && budget.budgetId === budgetId ? budget : undefined;
  };
}
