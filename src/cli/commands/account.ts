import { type Command, Option } from 'commander';
import type { Account, ListedAccount } from '../../client';
import { accountCall, balanceCall, createAccountCall, updateAccountCall } from '../../client/account-calls';
import { accountsPage } from '../../client/lists';
import { STRATEGIES } from '../../ledger/strategy';
import { type CommandContext, withService } from '../command-context';
import { itemsOf } from '../service/list-items';
import type { JsonOf } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import {
  accountIdArgument,
  amountArgument,
  assetArgument,
  pairArgument,
  wholeNumber,
} from '../terminal/option-parsers';
import { notesFields } from './moved';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

const perSecond = wholeNumber(1, 1_000_000_000);

interface CreateOptions {
  readonly asset: string;
  readonly subAccounts?: number;
  readonly initialBalance?: string;
  readonly strategy?: string;
  readonly lowBalance?: string;
  readonly creditLimit?: string;
}

interface ListOptions extends WatchOptions {
  readonly prefix?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly limit?: number;
}

interface ChangeOptions {
  readonly lowBalance?: string | boolean;
  readonly creditLimit?: string | boolean;
  readonly metadata?: Readonly<Record<string, string>> | boolean;
  readonly requestsPerSecond?: number | boolean;
  readonly deductionsPerSecond?: number | boolean;
  readonly ifMatch?: string;
}

/** @returns the group, for those that add further commands to it */
export function addAccountCommands(program: Command, context: CommandContext): Command {
  const account = program.command('account').description('make, show, list, split and close accounts');
  account
    .command('create')
    .description('make an account; again with the same parameters does nothing')
    .argument('<id>', 'account id', accountIdArgument)
    .requiredOption('--asset <asset>', 'what is counted, e.g. USD/2 or POINTS/0', assetArgument)
    .option('--sub-accounts <n>', 'over how many rows the balance is split (default 1)', wholeNumber(1, 1024))
    .option('--initial-balance <amount>', 'opening balance in minor units', amountArgument)
    .addOption(
      new Option(
        '--strategy <strategy>',
        'how deductions are carried out (default merged; leased is for hot accounts, slower than merged on many cold ones)',
      ).choices(STRATEGIES),
    )
    .option('--low-balance <amount>', 'tell when what can be spent falls to this or below', amountArgument)
    .option('--credit-limit <amount>', 'how far below zero the balance may go', amountArgument)
    .action((id: string, options: CreateOptions, command: Command) =>
      createAccount(id, options, command, context),
    );
  addWatchOptions(account.command('show'))
    .description('show an account and its current balance')
    .argument('<id>', 'account id', accountIdArgument)
    .action((id: string, options: WatchOptions, command: Command) =>
      showAccount(id, options, command, context),
    );
  addWatchOptions(account.command('list'))
    .description('list accounts by id')
    .option('--prefix <text>', 'only accounts whose ids begin with this')
    .option(
      '--metadata <key=value>',
      'only accounts that have this attached (repeatable, the rarest first)',
      pairArgument,
    )
    .option('--limit <n>', 'stop after so many', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action(({ limit, prefix, metadata, ...watch }: ListOptions, command: Command) =>
      showOrWatch(watch, { command, context }, (client, show) => {
        const wanted = { ...(prefix !== undefined && { prefix }), ...(metadata && { metadata }) };
        return show.longList(itemsOf(client, accountsPage(wanted), limit), ACCOUNT_COLUMNS, 'no accounts');
      }),
    );
  account
    .command('change')
    .description('change what is attached to an account')
    .argument('<id>', 'account id', accountIdArgument)
    .option('--low-balance <amount>', 'tell when what can be spent falls to this or below', amountArgument)
    .option('--no-low-balance', 'do not tell when the balance is low')
    .option('--credit-limit <amount>', 'how far below zero the balance may go', amountArgument)
    .option('--no-credit-limit', 'not below zero')
    .option('--metadata <key=value>', 'attach this, instead of all that was (repeatable)', pairArgument)
    .option('--no-metadata', 'attach nothing')
    .option('--requests-per-second <n>', 'how often it may be used, whoever does', perSecond)
    .option('--no-requests-per-second', 'as often as anybody likes')
    .option('--deductions-per-second <n>', 'how many deductions and holds it may have', perSecond)
    .option('--no-deductions-per-second', 'as many as anybody likes')
    .option('--if-match <etag>', 'only if the account is as it was read')
    .action((id: string, options: ChangeOptions, command: Command) =>
      changeAccount(id, options, command, context),
    );
  return account;
}

/** `false` where it is to be taken away; commander sets `true` where an option has a counterpart and is not given. */
function changeIn<Value>(given: Value | boolean | undefined): Value | null | undefined {
  if (given === false) return null;
  return given === true ? undefined : given;
}

async function changeAccount(
  accountId: string,
  { lowBalance, creditLimit, metadata, requestsPerSecond, deductionsPerSecond, ifMatch }: ChangeOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { show }) => {
    const low = changeIn(lowBalance);
    const credit = changeIn(creditLimit);
    const attached = changeIn(metadata);
    const requests = changeIn(requestsPerSecond);
    const deductions = changeIn(deductionsPerSecond);
    const { body: account } = await client.call(
      updateAccountCall({
        accountId,
        ...(low !== undefined && { lowBalance: low }),
        ...(credit !== undefined && { creditLimit: credit }),
        ...(attached !== undefined && { metadata: attached }),
        ...(requests !== undefined && { requestsPerSecond: requests }),
        ...(deductions !== undefined && { deductionsPerSecond: deductions }),
        ...(ifMatch !== undefined && { ifMatch }),
      }),
    );
    show.one(account, accountFields(account));
  });
}

async function createAccount(
  id: string,
  options: CreateOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { show }) => {
    const { status, body: account } = await client.call(createAccountCall({ id, ...options }));
    show.one(account, accountFields(account), status === 201 ? 'created' : 'existed');
  });
}

async function showAccount(
  id: string,
  watch: WatchOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await showOrWatch(watch, { command, context }, async (client, show) => {
    const { body: account } = await client.call(accountCall(id));
    const { body: balance } = await client.call(balanceCall(id, 'current'));
    const { available, spendable, held, total, inTransit, asOf } = balance;
    show.one(
      { ...account, balance },
      {
        ...accountFields(account),
        available,
        spendable,
        held,
        total,
        'in transit': inTransit,
        'as of': asOf,
      },
    );
  });
}

const ACCOUNT_COLUMNS: Columns<JsonOf<ListedAccount>> = {
  account: ({ id }) => id,
  asset: ({ asset }) => asset,
  status: ({ status }) => status,
  strategy: ({ strategy }) => strategy,
  'sub-accounts': ({ subAccounts }) => subAccounts,
  created: ({ createdAt }) => createdAt,
};

export function accountFields(account: JsonOf<Account> | JsonOf<ListedAccount>): Fields {
  const { id, asset, status, strategy, subAccounts, createdAt, metadata } = account;
  return {
    id,
    asset,
    status,
    strategy,
    'sub-accounts': subAccounts,
    created: createdAt,
    'low balance': account.lowBalance,
    'credit limit': account.creditLimit,
    'credit limit is': account.creditLimitStatus,
    'requests a second': account.requestsPerSecond,
    'deductions a second': account.deductionsPerSecond,
    'split by itself': account.autoSplit && (account.autoSplit.enabled ? 'yes' : 'no'),
    ...notesFields(metadata === undefined ? {} : { metadata }),
  };
}
