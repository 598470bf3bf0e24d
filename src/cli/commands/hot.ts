import { Argument, type Command } from 'commander';
import { autoSplitCall, hotAccountsCall } from '../../client/admin-calls';
import type { HotAccount } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import { OperatorFault } from '../faults';
import type { JsonOf } from '../service/service-client';
import type { Columns } from '../terminal/columns';
import { accountIdArgument, revisionArgument, wholeNumber } from '../terminal/option-parsers';
import { accountFields } from './account';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

interface AutoSplitOptions {
  readonly min?: number;
  readonly max?: number;
  readonly ifMatch?: string;
}

const LISTED = 20;
const SIZE_MAX = 1_024;

export function addHotCommand(program: Command, context: CommandContext): void {
  addWatchOptions(program.command('hot'))
    .description('show which accounts are used most, over all instances, and what follows from it')
    .option('--limit <n>', 'how many', wholeNumber(1, 1_000), LISTED)
    .action(({ limit, ...watch }: WatchOptions & { readonly limit: number }, command: Command) =>
      showOrWatch(watch, { command, context }, async (client, show) => {
        const { body } = await client.call(hotAccountsCall(limit));
        show.list(body.items, HOT_COLUMNS);
      }),
    );
}

/** Added to the group `account`. */
export function addAutoSplitCommand(account: Command, context: CommandContext): void {
  account
    .command('auto-split')
    .description('let an account be split by itself while it is hot, or fix its size')
    .argument('<id>', 'account id', accountIdArgument)
    .addArgument(new Argument('<switch>', 'on, or off to fix its size').choices(['on', 'off']))
    .option('--min <n>', 'it is not made smaller by itself', wholeNumber(1, SIZE_MAX))
    .option('--max <n>', 'it is not made larger by itself', wholeNumber(1, SIZE_MAX))
    .option('--if-match <revision>', 'only if the account is as it was under this ETag', revisionArgument)
    .action((id: string, choice: string, options: AutoSplitOptions, command: Command) => {
      const { min, max, ifMatch } = options;
      if (min !== undefined && max !== undefined && min > max)
        throw new OperatorFault(`--min ${min} is more than --max ${max}`);
      return withService(command, context, async (client, { show }) => {
        const { body: changed } = await client.call(
          autoSplitCall({
            ...{ accountId: id, enabled: choice === 'on' },
            ...(min !== undefined && { min }),
            ...(max !== undefined && { max }),
            ...(ifMatch !== undefined && { ifMatch: `"${ifMatch}"` }),
          }),
        );
        show.one(changed, accountFields(changed));
      });
    });
}

const HOT_COLUMNS: Columns<JsonOf<HotAccount>> = {
  account: ({ accountId }) => accountId,
  'hot since': ({ hotSince }) => hotSince,
  shards: ({ shards }) => shards.join(','),
  now: ({ now }) => now && `${now.kind}: ${now.reason}`,
  'sub-accounts': ({ subAccounts }) => subAccounts,
  'a second': ({ perSecond }) => Math.round(perSecond),
  'refused a second': ({ refusedPerSecond }) => Math.round(refusedPerSecond),
  'lanes busy': ({ busy }) => Math.round(busy * 100) / 100,
};
