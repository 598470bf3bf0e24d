import type { Command } from 'commander';
import { registerShardCall, removeShardCall, shardsCall } from '../../client/admin-calls';
import type { Shard } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import type { JsonOf } from '../service/service-client';
import type { Columns } from '../terminal/columns';
import { shardNameArgument } from '../terminal/option-parsers';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

export function addShardCommands(program: Command, context: CommandContext): void {
  const shard = program
    .command('shard')
    .description('list, add and remove the databases that hold the money');
  addWatchOptions(shard.command('list'))
    .description('list the shards and whether they answer')
    .action((options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body } = await client.call(shardsCall());
        show.list(body.items, SHARD_COLUMNS);
      }),
    );
  shard
    .command('add')
    .description('take a database in as a new shard, usable at once by every instance')
    .argument('<name>', 'what it is to be called, for good', shardNameArgument)
    .argument(
      '<url>',
      'mysql://user:password@host:port/database, or sqlite: and the absolute path of a file; - reads it from standard input',
    )
    .addHelpText(
      'after',
      '\nThe service connects to it, not this command; its URL is never shown again. It must be on a host that\nHOTSPLIT_SHARD_HOSTS allows. Why one is refused is in the log of the service.',
    )
    .action(async (name: string, url: string, _options: unknown, command: Command) => {
      const given = url === '-' ? await context.readIn('the URL') : url;
      await addShard({ name, url: given }, command, context);
    });
  shard
    .command('remove')
    .description('remove a registered shard that no account was ever placed on')
    .argument('<name>', 'as the list shows it', shardNameArgument)
    .action((name: string, _options: unknown, command: Command) => removeShard(name, command, context));
}

const SHARD_COLUMNS: Columns<JsonOf<Shard>> = {
  shard: ({ name }) => name,
  status: ({ status }) => status,
  address: ({ address }) => address,
};

async function removeShard(name: string, command: Command, context: CommandContext): Promise<void> {
  await withService(command, context, async (client, { show }) => {
    await client.call(removeShardCall(name));
    show.done({ name, removed: true }, 'removed');
  });
}

async function addShard(
  shard: { readonly name: string; readonly url: string },
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { show }) => {
    const { body: added } = await client.call(registerShardCall(shard));
    const { name, status, address } = added;
    show.one(added, { name, status, address }, 'added');
  });
}
