import type { BudgetState } from '../engine/budgets/budgets';
import { CHARGES_MAX } from '../ledger/allowance';
import { BUDGET_PERIODS, isTimeZone } from '../ledger/budget-period';
import { parseAmount } from '../ledger/money';
import { BUDGET_DEPTH_MAX, type BudgetRecord } from '../shards/directory/budget-store';
import { accountPath } from './accounts';
import { answer, type BodyOf, type Call, pageOf, queryOf } from './call';
import { PAGE_LENGTH_DEFAULT } from './cursors';
import * as fields from './fields';
import { Problem } from './problem';
import { timeView } from './times';

const limit = {
  ...fields.initialBalance,
  description:
    'Minor units that may be deducted in a period: a string of digits, or a safe integer; 0 ≤ limit ≤ 10^18.',
} as const;

export const budget = {
  $id: 'Budget',
  type: 'object',
  required: ['budgetId', 'accountId', 'limit', 'period', 'timeZone', 'createdAt'],
  properties: {
    budgetId: { type: 'string' },
    accountId: { type: 'string' },
    limit: { ...fields.amountOut, description: 'Minor units that may be deducted in a period.' },
    period: { type: 'string', enum: BUDGET_PERIODS },
    timeZone: { type: 'string' },
    parent: { type: 'string', description: 'The budget above it, which is charged as well.' },
    spent: {
      ...fields.amountOut,
      description: 'What was deducted in the present period and not given back. Not in lists.',
    },
    held: {
      ...fields.amountOut,
      description: 'What holds have set aside in the present period. Not in lists.',
    },
    available: {
      ...fields.amountOut,
      description: 'What is left of `limit`; 0 where more is spent and held than that by now. Not in lists.',
    },
    periodStart: { ...fields.timeOut, description: 'When the present period began. Not in lists.' },
    renewsAt: { ...fields.timeOut, description: 'When the next period begins. Not in lists.' },
    createdAt: fields.timeOut,
  },
} as const;

export function budgetView(record: BudgetRecord) {
  return {
    budgetId: record.budgetId,
    accountId: record.accountId,
    limit: record.limitMinor.toString(),
    period: record.period,
    timeZone: record.timeZone,
    ...(record.parent !== null && { parent: record.parent }),
    createdAt: timeView(record.createdAtUs),
  };
}

export function budgetStateView({ budget: record, ...state }: BudgetState) {
  return {
    ...budgetView(record),
    spent: state.spentMinor.toString(),
    held: state.heldMinor.toString(),
    available: state.availableMinor.toString(),
    ...(state.periodEndUs !== null && {
      periodStart: timeView(state.periodStartUs),
      renewsAt: timeView(state.periodEndUs),
    }),
  };
}

const budgetPath = {
  type: 'object',
  required: ['accountId', 'budgetId'],
  properties: { accountId: fields.accountId, budgetId: fields.budgetId },
} as const;

export const createBudget = {
  name: 'createBudget',
  summary: 'Limit what is deducted from an account under a name',
  description:
    'A deduction or a hold that names it is charged to it and to all budgets above it, up to ' +
    `${BUDGET_DEPTH_MAX} levels, or refused whole. The limit begins anew with each period.`,
  group: 'accounts',
  scope: 'accounts',
  path: accountPath,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['budgetId', 'limit', 'period'],
    properties: {
      budgetId: fields.budgetId,
      limit,
      period: {
        type: 'string',
        enum: BUDGET_PERIODS,
        description: 'How often the limit begins anew; `total`: never.',
      },
      timeZone: fields.timeZone,
      parent: { ...fields.budgetId, description: 'The budget above it, of the same account.' },
    },
  },
  answers: {
    201: answer(budget, 'Created.'),
    200: answer(budget, 'Created before, from the same body.'),
  },
} as const satisfies Call;

export const listBudgets = {
  name: 'listBudgets',
  summary: 'List an account’s budgets by id',
  group: 'accounts',
  scope: 'read',
  rows: PAGE_LENGTH_DEFAULT,
  path: accountPath,
  query: queryOf({ cursor: fields.cursor, limit: fields.limit }),
  answers: { 200: pageOf(budget, 'A page of budgets, without what is spent of them.') },
} as const satisfies Call;

export const getBudget = {
  name: 'getBudget',
  summary: 'Read a budget and where it stands',
  group: 'accounts',
  scope: 'read',
  path: budgetPath,
  answers: { 200: answer(budget, 'The budget, with what is spent of it in the present period.') },
} as const satisfies Call;

export const changeBudget = {
  name: 'changeBudget',
  summary: 'Change the limit of a budget',
  description:
    'Answered when every instance goes by it: nothing is deducted beyond the new limit from then on. Below what is spent, ' +
    '`available` is 0, and deductions are refused until what is given back has made up for it, or the next period begins.',
  group: 'accounts',
  scope: 'accounts',
  path: budgetPath,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['limit'],
    properties: { limit },
  },
  answers: { 200: answer(budget, 'The budget under its new limit.') },
} as const satisfies Call;

export const deleteBudget = {
  name: 'deleteBudget',
  summary: 'Delete a budget',
  description:
    'Answered when nothing is charged to it any more. Budgets below it are charged to those above it. Its id is not used again.',
  group: 'accounts',
  scope: 'accounts',
  path: budgetPath,
  answers: { 204: { description: 'Deleted.', type: 'null' } },
} as const satisfies Call;

/** @throws Problem INVALID_ARGUMENT */
export function limitOf({ limit: given }: Pick<BodyOf<typeof changeBudget>, 'limit'>): bigint {
  if (given === 0 || given === '0') return 0n;
  const limitMinor = parseAmount(given);
  if (limitMinor === undefined) throw invalid('limit', fields.FIELD_RULES['limit'] ?? '');
  return limitMinor;
}

/** @throws Problem INVALID_ARGUMENT */
export function timeZoneOf({ timeZone = 'UTC' }: { readonly timeZone?: string | undefined }): string {
  if (!isTimeZone(timeZone)) throw invalid('timeZone', fields.FIELD_RULES['timeZone'] ?? '');
  return timeZone;
}

export function tooDeep(): Problem {
  return invalid('parent', `a budget that has at most ${BUDGET_DEPTH_MAX - 2} above it`);
}

export function tooManyBudgets(): Problem {
  return invalid('budgets', `at most ${CHARGES_MAX} budgets, those above the named ones included`);
}

function invalid(field: string, rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
}
