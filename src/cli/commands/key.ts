import { type Command, InvalidArgumentError, Option } from 'commander';
import { changeKeyCall, createKeyCall, deleteKeyCall } from '../../client/admin-calls';
import { keysPage } from '../../client/lists';
import type { ApiKey, KeyChange, Scope } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import { itemsOf } from '../service/list-items';
import type { JsonOf } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { wholeNumber } from '../terminal/option-parsers';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

const SCOPES: readonly Scope[] = ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'];

const perSecond = wholeNumber(1, 1_000_000_000);

interface NewKeyOptions {
  readonly scopes: readonly Scope[];
  readonly accounts?: readonly string[];
  readonly expiresAt?: string;
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
}

interface ChangedKeyOptions extends Partial<NewKeyOptions> {
  readonly allAccounts?: true;
  readonly neverExpires?: true;
  readonly anyRate?: true;
}

export function addKeyCommands(program: Command, context: CommandContext): void {
  const key = program
    .command('key')
    .description('list, make, change and delete the keys that requests come with');
  addWatchOptions(key.command('list'))
    .description('list the keys, without their secrets')
    .action((options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, (client, show) =>
        show.longList(itemsOf(client, keysPage), KEY_COLUMNS, 'no keys'),
      ),
    );
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
    .option('--requests-per-second <n>', 'how often it may come', perSecond)
    .option('--deductions-per-second <n>', 'how many deductions and holds it may make', perSecond)
    .action((name: string, options: NewKeyOptions, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body: made } = await client.call(createKeyCall({ name, ...options }));
        show.one(made, { ...keyFields(made), key: made.key });
        context.err.write('the key is kept nowhere else: it is shown this once\n');
      }),
    );
  key
    .command('change')
    .description('change what a key may do, at once; what is not named stays')
    .argument('<id>', 'key id, as the list shows it')
    .option('--scopes <scopes>', `with commas between: ${SCOPES.join(', ')}`, scopesArgument)
    .option('--accounts <prefixes>', 'only accounts whose ids begin with one of these', listed)
    .addOption(new Option('--all-accounts', 'limits it to no accounts').conflicts('accounts'))
    .option('--expires-at <time>', 'RFC 3339, such as 2026-12-31T00:00:00Z')
    .addOption(new Option('--never-expires', 'it stays until it is deleted').conflicts('expiresAt'))
    .option('--requests-per-second <n>', 'how often it may come', perSecond)
    .option('--deductions-per-second <n>', 'how many deductions and holds it may make', perSecond)
    .addOption(
      new Option('--any-rate', 'it may come as often as it likes').conflicts([
        'requestsPerSecond',
        'deductionsPerSecond',
      ]),
    )
    .action((keyId: string, options: ChangedKeyOptions, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body: changed } = await client.call(changeKeyCall(changeOf(keyId, options)));
        show.one(changed, keyFields(changed));
      }),
    );
  key
    .command('delete')
    .description('delete a key; whoever uses it is refused at once')
    .argument('<id>', 'key id, as the list shows it')
    .action((keyId: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { show }) => {
        await client.call(deleteKeyCall(keyId));
        show.done({ keyId, deleted: true }, 'deleted');
      }),
    );
}

function changeOf(
  keyId: string,
  { allAccounts, neverExpires, anyRate, ...named }: ChangedKeyOptions,
): KeyChange {
  return {
    keyId,
    ...named,
    ...(allAccounts && { accounts: null }),
    ...(neverExpires && { expiresAt: null }),
    ...(anyRate && { requestsPerSecond: null, deductionsPerSecond: null }),
  };
}

const KEY_COLUMNS: Columns<JsonOf<ApiKey>> = {
  'key id': ({ keyId }) => keyId,
  name: ({ name }) => name,
  scopes: ({ scopes }) => scopes.join(', '),
  accounts: accountsOf,
  'expires at': ({ expiresAt }) => expiresAt ?? 'never',
  rates: ratesOf,
  'last used at': ({ lastUsedAt }) => lastUsedAt,
};

function keyFields(key: JsonOf<ApiKey>): Fields {
  return Object.fromEntries(Object.entries(KEY_COLUMNS).map(([name, cell]) => [name, cell(key)]));
}

function accountsOf({ accounts }: JsonOf<ApiKey>): string {
  return accounts?.map((prefix) => `${prefix}…`).join(', ') ?? 'all';
}

function ratesOf({ requestsPerSecond, deductionsPerSecond }: JsonOf<ApiKey>): string {
  const rates = [
    requestsPerSecond === undefined ? [] : [`${requestsPerSecond} requests/s`],
    deductionsPerSecond === undefined ? [] : [`${deductionsPerSecond} deductions/s`],
  ].flat();
  return rates.length === 0 ? 'any' : rates.join(', ');
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
