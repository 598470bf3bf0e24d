import { type Command, InvalidArgumentError, Option } from 'commander';
import { balanceAtCall, balanceCall } from '../../client/account-calls';
import { entriesPage, holdsPage } from '../../client/lists';
import { holdLookUp, stateLookUp } from '../../client/money-calls';
import type { Balance, Consistency, Entry, EntryKind, Hold, PastBalance } from '../../client/shapes';
import { LISTED_KINDS } from '../../ledger/entry';
import { HOLD_STATES } from '../../ledger/hold';
import type { CommandContext } from '../command-context';
import { itemsOf } from '../service/list-items';
import type { JsonOf } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { accountIdArgument, requestIdArgument, timeArgument, wholeNumber } from '../terminal/option-parsers';
import { movedFields, stateFields } from './moved';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

const CONSISTENCIES: readonly Consistency[] = ['current', 'snapshot', 'cached'];
const ENTRIES_DEFAULT = 50;

interface EntriesOptions extends WatchOptions {
  readonly kind?: readonly EntryKind[];
  readonly reference?: string;
  readonly order?: 'asc' | 'desc';
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly all?: boolean;
}

/** What there is to see of an account's money. */
export function addAccountReadCommands(program: Command, context: CommandContext): void {
  addBalance(program, context);
  addEntries(program, context);
  addHolds(program, context);
  addLookUps(program, context);
}

function addBalance(program: Command, context: CommandContext): void {
  addWatchOptions(program.command('balance'))
    .description('show an account’s balance')
    .argument('<account>', 'account id', accountIdArgument)
    .addOption(
      new Option(
        '--consistency <consistency>',
        'current is exact but not one instant, snapshot is one, cached is at most a second old',
      )
        .choices(CONSISTENCIES)
        .default('current')
        .conflicts('at'),
    )
    .option(
      '--at <time>',
      'what it had in all at an instant of the past: 2026-01-31T12:00:00Z, or 2026-01-31',
      timeArgument,
    )
    .action(
      (
        accountId: string,
        {
          consistency,
          at,
          ...watch
        }: WatchOptions & { readonly consistency: Consistency; readonly at?: string },
        command: Command,
      ) =>
        showOrWatch(watch, { command, context }, async (client, show) => {
          if (at === undefined) {
            const { body } = await client.call(balanceCall(accountId, consistency));
            show.one(body, balanceFields(body));
          } else {
            const { body } = await client.call(balanceAtCall(accountId, at));
            show.one(body, pastBalanceFields(body));
          }
        }),
    );
}

function addEntries(program: Command, context: CommandContext): void {
  addWatchOptions(program.command('entries'))
    .description('list an account’s entries, the newest first by default')
    .argument('<account>', 'account id', accountIdArgument)
    .option('--kind <kinds>', 'only entries of these kinds, commas between', kindsArgument)
    .option('--reference <text>', 'only entries with exactly this reference')
    .addOption(new Option('--order <order>', 'by time: asc has the oldest first').choices(['asc', 'desc']))
    .option('--from <time>', 'none before: 2026-01-31T12:00:00Z, or 2026-01-31', timeArgument)
    .option('--to <time>', 'only before', timeArgument)
    .option('--limit <n>', 'how many', wholeNumber(1, Number.MAX_SAFE_INTEGER), ENTRIES_DEFAULT)
    .option('--all', 'all of them, however many')
    .action((accountId: string, options: EntriesOptions, command: Command) => {
      const { limit, all, watch, every, ...filter } = options;
      return showOrWatch(
        { ...(watch !== undefined && { watch }), ...(every !== undefined && { every }) },
        { command, context },
        (client, show) => {
          const items = itemsOf(
            client,
            entriesPage({ accountId, ...filter }),
            all === true ? Infinity : limit,
          );
          return show.longList(items, ENTRY_COLUMNS, 'no entries');
        },
      );
    });
}

interface HoldsOptions extends WatchOptions {
  readonly status?: Hold['status'];
  readonly limit: number;
  readonly all?: boolean;
}

function addHolds(program: Command, context: CommandContext): void {
  addWatchOptions(program.command('holds'))
    .description('list an account’s holds by their ids')
    .argument('<account>', 'account id', accountIdArgument)
    .addOption(new Option('--status <status>', 'only holds with this status').choices(HOLD_STATES))
    .option('--limit <n>', 'how many', wholeNumber(1, Number.MAX_SAFE_INTEGER), ENTRIES_DEFAULT)
    .option('--all', 'all of them, however many')
    .action((accountId: string, options: HoldsOptions, command: Command) => {
      const { limit, all, watch, every, ...filter } = options;
      return showOrWatch(
        { ...(watch !== undefined && { watch }), ...(every !== undefined && { every }) },
        { command, context },
        (client, show) => {
          const items = itemsOf(client, holdsPage({ accountId, ...filter }), all === true ? Infinity : limit);
          return show.longList(items, HOLD_COLUMNS, 'no holds');
        },
      );
    });
}

function addLookUps(program: Command, context: CommandContext): void {
  addWatchOptions(program.command('deduction'))
    .description('show a deduction, or what became of one that was submitted')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<request-id>', 'of the deduction', requestIdArgument)
    .action((accountId: string, requestId: string, options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body } = await client.call(stateLookUp(accountId, requestId));
        show.one(body, stateFields(body));
      }),
    );
  addWatchOptions(program.command('held'))
    .description('show a hold as it is now')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<hold>', 'request id of the hold', requestIdArgument)
    .action((accountId: string, holdId: string, options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body } = await client.call(holdLookUp(accountId, holdId));
        show.one(body, movedFields({ ...body, replayed: false }, holdId, false));
      }),
    );
}

function kindsArgument(text: string): EntryKind[] {
  const kinds = text.split(',').map((each) => LISTED_KINDS.find((kind) => kind === each.trim()));
  if (kinds.every((kind) => kind !== undefined)) return kinds;
  throw new InvalidArgumentError(`Kinds are ${LISTED_KINDS.join(', ')}.`);
}

export function balanceFields(balance: JsonOf<Balance>): Fields {
  const { accountId, asset, available, held, total, inTransit, asOf } = balance;
  return { account: accountId, asset, available, held, total, 'in transit': inTransit, 'as of': asOf };
}

function pastBalanceFields({ accountId, asset, total, asOf }: JsonOf<PastBalance>): Fields {
  return { account: accountId, asset, total, 'as of': asOf };
}

const ENTRY_COLUMNS: Columns<JsonOf<Entry>> = {
  at: ({ createdAt }) => createdAt,
  kind: ({ kind }) => kind,
  amount: ({ amount }) => BigInt(amount),
  'request id': ({ requestId }) => requestId,
  about: ({ reverses, counterparty }) => reverses ?? counterparty,
  budgets: ({ budgets }) => budgets?.join(', '),
  where: ({ shard, subAccount }) => `${shard}/${subAccount}`,
  reference: ({ reference }) => reference,
  metadata: ({ metadata }) => (metadata === undefined ? undefined : JSON.stringify(metadata)),
};

const HOLD_COLUMNS: Columns<JsonOf<Hold>> = {
  hold: ({ holdId }) => holdId,
  status: ({ status }) => status,
  amount: ({ amount }) => BigInt(amount),
  held: ({ heldAmount }) => BigInt(heldAmount),
  confirmed: ({ confirmedAmount }) => (confirmedAmount === undefined ? undefined : BigInt(confirmedAmount)),
  'expires at': ({ expiresAt }) => expiresAt,
  budgets: ({ budgets }) => budgets?.join(', '),
  where: ({ shard, subAccount }) => `${shard}/${subAccount}`,
  reference: ({ reference }) => reference,
};
