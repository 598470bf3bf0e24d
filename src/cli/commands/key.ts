import { type Command, InvalidArgumentError } from 'commander';
import { createKeyCall, deleteKeyCall } from '../../client/admin-calls';
import { keysPage } from '../../client/lists';
import type { ApiKey, Scope } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import type { JsonOf, ServiceClient } from '../service/service-client';
import { fieldTable, numberTable } from '../terminal/tables';

const SCOPES: readonly Scope[] = ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'];

interface NewKeyOptions {
  readonly scopes: readonly Scope[];
  readonly accounts?: readonly string[];
  readonly expiresAt?: string;
}

export function addKeyCommands(program: Command, context: CommandContext): void {
  const key = program.command('key').description('list, make and delete the keys that requests come with');
  key
    .command('list')
    .description('list the keys, without their secrets')
    .action((_options: unknown, command: Command) => printKeys(command, context));
  key
    .command('create')
    .description('make a key; its secret is printed this once')
    .argument('<name>', 'for people')
    .requiredOption('--scopes <scopes>', `with commas between: ${SCOPES.join(', ')}`, scopesArgument)
    .option(
      '--accounts <prefixes>',
      'only accounts whose ids begin with one of these, commas between',
      listed,
    )
    .option('--expires-at <time>', 'RFC 3339, such as 2026-12-31T00:00:00Z')
    .action((name: string, options: NewKeyOptions, command: Command) =>
      withService(command, context, async (client, { json }) => {
        const { body: made } = await client.call(createKeyCall({ name, ...options }));
        context.out.write(
          json === true
            ? `${JSON.stringify(made)}\n`
            : fieldTable({
                ...keyFields(made),
                key: made.key,
                '': 'kept nowhere else: it is shown this once',
              }),
        );
      }),
    );
  key
    .command('delete')
    .description('delete a key; whoever uses it is refused at once')
    .argument('<id>', 'key id, as the list shows it')
    .action((keyId: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { json }) => {
        await client.call(deleteKeyCall(keyId));
        context.out.write(json === true ? `${JSON.stringify({ keyId, deleted: true })}\n` : 'deleted\n');
      }),
    );
}

async function printKeys(command: Command, context: CommandContext): Promise<void> {
  await withService(command, context, async (client, { json }) => {
    const keys = await allKeys(client);
    if (json === true) return void context.out.write(`${JSON.stringify({ items: keys })}\n`);
    const rows = keys.map((each) => Object.values(keyFields(each)));
    context.out.write(
      numberTable(['key id', 'name', 'scopes', 'accounts', 'expires at', 'last used at'], rows, 6),
    );
  });
}

async function allKeys(client: ServiceClient): Promise<JsonOf<ApiKey>[]> {
  const keys: JsonOf<ApiKey>[] = [];
  for (let cursor: string | undefined; ;) {
    const { body } = await client.call(keysPage({ cursor }));
    keys.push(...body.items);
    if (body.nextCursor === undefined) return keys;
    cursor = body.nextCursor;
  }
}

function keyFields({ keyId, name, scopes, accounts, expiresAt, lastUsedAt }: JsonOf<ApiKey>) {
  return {
    'key id': keyId,
    name,
    scopes: scopes.join(', '),
    accounts: accounts?.map((prefix) => `${prefix}…`).join(', ') ?? 'all',
    'expires at': expiresAt ?? 'never',
    'last used at': lastUsedAt ?? '',
  };
}

function listed(text: string): string[] {
  return text.split(',');
}

function scopesArgument(text: string): Scope[] {
  const given = listed(text);
  const unknown = given.find((each) => !SCOPES.some((scope) => scope === each));
  if (unknown !== undefined) throw new InvalidArgumentError(`Scopes are ${SCOPES.join(', ')}.`);
  return SCOPES.filter((scope) => given.includes(scope));
}
