import { type Command, InvalidArgumentError, Option } from 'commander';
import { budgetCall, changeBudgetCall, createBudgetCall, deleteBudgetCall } from '../../client/budget-calls';
import { budgetsPage } from '../../client/lists';
import type { Budget, BudgetPeriod } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import { itemsOf } from '../service/list-items';
import type { JsonOf } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { accountIdArgument, amountArgument } from '../terminal/option-parsers';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

const PERIODS: readonly BudgetPeriod[] = ['total', 'hour', 'day', 'month'];

interface NewBudgetOptions {
  readonly period: BudgetPeriod;
  readonly timeZone?: string;
  readonly parent?: string;
}

export function addBudgetCommands(program: Command, context: CommandContext): void {
  const budget = program.command('budget').description('limit what is deducted from an account');
  budget
    .command('create')
    .description('limit what deductions that name the budget may come to')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<budget>', 'budget id', budgetIdArgument)
    .argument('<limit>', 'minor units in a period; 0 for none', limitArgument)
    .addOption(
      new Option('--period <period>', 'how often the limit begins anew').choices(PERIODS).default('total'),
    )
    .option('--time-zone <name>', 'where days and months begin, such as Europe/Berlin; default UTC')
    .option('--parent <budget>', 'the budget above it, which is charged as well', budgetIdArgument)
    .action((accountId: string, budgetId: string, limit: string, given: NewBudgetOptions, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body } = await client.call(createBudgetCall({ accountId, budgetId, limit, ...given }));
        show.one(body, budgetFields(body));
      }),
    );
  addWatchOptions(budget.command('list'))
    .description('list the budgets of an account')
    .argument('<account>', 'account id', accountIdArgument)
    .action((accountId: string, options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, (client, show) =>
        show.longList(itemsOf(client, budgetsPage({ accountId })), BUDGET_COLUMNS, 'no budgets'),
      ),
    );
  addWatchOptions(budget.command('show'))
    .description('show a budget and what is spent of it in the present period')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<budget>', 'budget id', budgetIdArgument)
    .action((accountId: string, budgetId: string, options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body } = await client.call(budgetCall(accountId, budgetId));
        show.one(body, budgetFields(body));
      }),
    );
  budget
    .command('change')
    .description('change the limit of a budget, for the present period too')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<budget>', 'budget id', budgetIdArgument)
    .argument('<limit>', 'minor units in a period; 0 for none', limitArgument)
    .action((accountId: string, budgetId: string, limit: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body } = await client.call(changeBudgetCall({ accountId, budgetId, limit }));
        show.one(body, budgetFields(body));
      }),
    );
  budget
    .command('delete')
    .description('delete a budget; its id is not used again')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<budget>', 'budget id', budgetIdArgument)
    .action((accountId: string, budgetId: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { show }) => {
        await client.call(deleteBudgetCall({ accountId, budgetId }));
        show.done({ accountId, budgetId, deleted: true }, 'deleted: nothing is charged to it any more');
      }),
    );
}

/** Budget ids are as account ids are. */
export const budgetIdArgument = accountIdArgument;

/** Adds to those that were named before. */
export function budgetsArgument(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, budgetIdArgument(text)];
}

function limitArgument(text: string): string {
  if (text === '0') return text;
  try {
    return amountArgument(text);
  } catch {
    throw new InvalidArgumentError('A limit is a whole number of minor units from 0 to 10^18.');
  }
}

const BUDGET_COLUMNS: Columns<JsonOf<Budget>> = {
  budget: ({ budgetId }) => budgetId,
  limit: ({ limit }) => BigInt(limit),
  period: ({ period }) => period,
  'time zone': ({ timeZone }) => timeZone,
  parent: ({ parent }) => parent,
  'created at': ({ createdAt }) => createdAt,
};

function budgetFields(budget: JsonOf<Budget>): Fields {
  const { accountId, budgetId, limit, period, timeZone, parent, spent, held, available } = budget;
  return {
    account: accountId,
    budget: budgetId,
    limit,
    period,
    'time zone': timeZone,
    parent,
    spent,
    held,
    available,
    'period start': budget.periodStart,
    'renews at': budget.renewsAt,
    'created at': budget.createdAt,
  };
}
