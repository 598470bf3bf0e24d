import type { Command } from 'commander';
import { registerShardCall, removeShardCall, shardsCall } from '../../client/admin-calls';
import { type CommandContext, withService } from '../command-context';
import { shardNameArgument } from '../terminal/option-parsers';
import { fieldTable, numberTable } from '../terminal/tables';

export function addShardCommands(program: Command, context: CommandContext): void {
  const shard = program
    .command('shard')
    .description('list, add and remove the databases that hold the money');
  shard
    .command('list')
    .description('list the shards and whether they answer')
    .action((_options: unknown, command: Command) => printShards(command, context));
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

async function printShards(command: Command, context: CommandContext): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const { body } = await client.call(shardsCall());
    if (json === true) return void context.out.write(`${JSON.stringify(body)}\n`);
    const rows = body.items.map(({ name, status, address = '' }) => [name, status, address]);
    context.out.write(numberTable(['shard', 'status', 'address'], rows, 3));
  });
}

async function removeShard(name: string, command: Command, context: CommandContext): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    await client.call(removeShardCall(name));
    context.out.write(json === true ? `${JSON.stringify({ name, removed: true })}\n` : `removed\n`);
  });
}

async function addShard(
  shard: { readonly name: string; readonly url: string },
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const { body: added } = await client.call(registerShardCall(shard));
    if (json === true) return void context.out.write(`${JSON.stringify(added)}\n`);
    const { name, status, address = '' } = added;
    context.out.write(`added\n${fieldTable({ name, status, address })}`);
  });
}
