import type { Command } from 'commander';
import type { SubAccount } from '../../client';
import { rebalanceCall, resizeCall } from '../../client/account-calls';
import { repairCall, subAccountsCall } from '../../client/admin-calls';
import { type CommandContext, withService } from '../command-context';
import { OperatorFault } from '../faults';
import {
  accountIdArgument,
  revisionArgument,
  shardNamesArgument,
  wholeNumber,
} from '../terminal/option-parsers';
import type { JsonOf } from '../service/service-client';
import type { Columns } from '../terminal/columns';
import { addWaitOptions, printOperation, type WaitOptions } from './operation';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

interface ResizeOptions extends WaitOptions {
  readonly count: number;
  readonly shards?: readonly string[];
  readonly ifMatch?: string;
}

const WAIT_SECONDS = 300;

/** Added to the group `account`. */
export function addSubAccountCommands(account: Command, context: CommandContext): void {
  addWatchOptions(account.command('sub-accounts'))
    .description('show how an account is split: every row, those out of use included')
    .argument('<id>', 'account id', accountIdArgument)
    .action((id: string, options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body } = await client.call(subAccountsCall(id));
        show.list(body.items, SUB_ACCOUNT_COLUMNS);
      }),
    );
  addWaitOptions(
    account
      .command('resize')
      .description('change the number of sub-accounts, or their shards, while the account is in use')
      .argument('<id>', 'account id', accountIdArgument)
      .requiredOption('--count <n>', 'over how many rows the balance is to be split', wholeNumber(1, 1024))
      .option('--shards <names>', 'where, e.g. s0,s1 (default: where it is)', shardNamesArgument)
      .option('--if-match <revision>', 'only if the account is as it was under this ETag', revisionArgument),
    WAIT_SECONDS,
  ).action((id: string, options: ResizeOptions, command: Command) => resize(id, options, command, context));
  addWaitOptions(
    account
      .command('rebalance')
      .description('level the sub-accounts now; busy accounts are kept level anyway')
      .argument('<id>', 'account id', accountIdArgument),
    WAIT_SECONDS,
  ).action((id: string, options: WaitOptions, command: Command) =>
    begin(rebalanceCall, { id, label: `leveling ${id}` }, { options, command, context }),
  );
  addWaitOptions(
    account
      .command('repair')
      .description(
        'let an account go on after a restore of the directory, and book what it lost with a shard',
      )
      .argument('<id>', 'account id', accountIdArgument),
    WAIT_SECONDS,
  ).action((id: string, options: WaitOptions, command: Command) =>
    begin(repairCall, { id, label: `repairing ${id}` }, { options, command, context }),
  );
}

const SUB_ACCOUNT_COLUMNS: Columns<JsonOf<SubAccount>> = {
  shard: ({ shard }) => shard,
  status: ({ status }) => status,
  index: ({ index }) => index,
  available: ({ available }) => BigInt(available),
  held: ({ held }) => BigInt(held),
};

async function resize(
  id: string,
  options: ResizeOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { count, shards, ifMatch } = options;
  if (shards && shards.length > count)
    throw new OperatorFault(
      `${shards.length} shards need at least as many sub-accounts, --count is ${count}`,
    );
  await withService(command, context, async (client, globals) => {
    const request = {
      ...{ accountId: id, count },
      ...(shards && { shards }),
      ...(ifMatch !== undefined && { ifMatch: `"${ifMatch}"` }),
    };
    const { body: begun } = await client.call(resizeCall(request));
    await printOperation(begun, {
      client,
      context,
      globals,
      options,
      label: `resizing ${id}`,
      unit: 'phases',
    });
  });
}

/** Begins what needs no more than the account's name, and follows it. */
async function begin(
  callOf: typeof rebalanceCall,
  { id, label }: { readonly id: string; readonly label: string },
  {
    options,
    command,
    context,
  }: { readonly options: WaitOptions; readonly command: Command; readonly context: CommandContext },
): Promise<void> {
  await withService(command, context, async (client, globals) => {
    const { body: begun } = await client.call(callOf(id));
    await printOperation(begun, {
      client,
      context,
      globals,
      options,
      label,
      unit: 'phases',
    });
  });
}
