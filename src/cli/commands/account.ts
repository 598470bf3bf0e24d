import { type Command, Option } from 'commander';
import type { ListedAccount } from '../../client';
import { accountCall, balanceCall, createAccountCall } from '../../client/account-calls';
import { accountsPage } from '../../client/lists';
import { STRATEGIES } from '../../ledger/strategy';
import { type CommandContext, withService } from '../command-context';
import type { JsonOf, ServiceClient } from '../service/service-client';
import { accountIdArgument, amountArgument, assetArgument, wholeNumber } from '../terminal/option-parsers';
import { fieldTable } from '../terminal/tables';

interface CreateOptions {
  readonly asset: string;
  readonly subAccounts?: number;
  readonly initialBalance?: string;
  readonly strategy?: string;
  readonly lowBalance?: string;
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
    .option('--low-balance <amount>', 'tell when the balance falls below this', amountArgument)
    .action((id: string, options: CreateOptions, command: Command) =>
      createAccount(id, options, command, context),
    );
  account
    .command('show')
    .description('show an account and its current balance')
    .argument('<id>', 'account id', accountIdArgument)
    .action((id: string, _options: unknown, command: Command) => showAccount(id, command, context));
  account
    .command('list')
    .description('list all accounts')
    .option('--limit <n>', 'stop after so many', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action((options: { limit?: number }, command: Command) => printAccounts(options, command, context));
  return account;
}

async function createAccount(
  id: string,
  options: CreateOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const { status, body: account } = await client.call(createAccountCall({ id, ...options }));
    if (json === true) return void context.out.write(`${JSON.stringify(account)}\n`);
    context.out.write(
      status === 201 ? `created\n${accountFields(account)}` : `existed\n${accountFields(account)}`,
    );
  });
}

async function showAccount(id: string, command: Command, context: CommandContext): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const { body: account } = await client.call(accountCall(id));
    const { body: balance } = await client.call(balanceCall(id, 'current'));
    if (json === true) return void context.out.write(`${JSON.stringify({ ...account, balance })}\n`);
    const { available, held, total, inTransit, asOf } = balance;
    context.out.write(
      accountFields(account) + fieldTable({ available, held, total, 'in transit': inTransit, 'as of': asOf }),
    );
  });
}

async function printAccounts(
  { limit = Infinity }: { readonly limit?: number },
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    // Written page by page: there may be millions.
    let count = 0;
    if (json === true) context.out.write('{"items":[');
    for await (const account of listAccounts(client, limit)) {
      const { id, asset, status, subAccounts } = account;
      if (json === true) context.out.write(`${count === 0 ? '' : ','}${JSON.stringify(account)}`);
      else
        context.out.write(
          `${id.padEnd(24)} ${asset.padEnd(10)} ${status.padEnd(8)} ${subAccounts} sub-accounts\n`,
        );
      count += 1;
    }
    if (json === true) context.out.write(']}\n');
    else if (count === 0) context.out.write('no accounts\n');
  });
}

const PAGE_SIZE = 100;

/** Follows the cursors of the list until it, or the limit, is reached. */
async function* listAccounts(client: ServiceClient, limit: number): AsyncGenerator<JsonOf<ListedAccount>> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const { body: page } = await client.call(accountsPage({ cursor, limit: Math.min(left, PAGE_SIZE) }));
    const wanted = page.items.slice(0, left);
    yield* wanted;
    left -= wanted.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined && left > 0);
}

export function accountFields({
  id,
  asset,
  status,
  strategy,
  subAccounts,
  createdAt,
  lowBalance,
}: JsonOf<ListedAccount>): string {
  const fields = { id, asset, status, strategy, 'sub-accounts': String(subAccounts), created: createdAt };
  return fieldTable(lowBalance === undefined ? fields : { ...fields, 'low balance': lowBalance });
}
