import { type Command, Option } from 'commander';
import { entryLookUp, statementCall, summaryCall } from '../../client/history-calls';
import type { EntryOf, Period, SummaryItem } from '../../client/history-shapes';
import type { Entry } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import { signedAmount } from '../../ledger/entry';
import type { JsonOf, ServiceClient } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { accountIdArgument, requestIdArgument, timeArgument } from '../terminal/option-parsers';

const PAGE_LENGTH = 500;

const PERIODS: readonly Period[] = ['total', 'hour', 'day', 'month'];

/** What happened to an account, and what it came to. */
export function addHistoryCommands(program: Command, context: CommandContext): void {
  addEntry(program, context);
  addStatement(program, context);
  addSummary(program, context);
}

function addEntry(program: Command, context: CommandContext): void {
  program
    .command('entry')
    .description('find the entry that was made under a request id, of whatever kind')
    .argument('<account>', 'account id', accountIdArgument)
    .argument('<request-id>', 'of the entry', requestIdArgument)
    .option('--reverses <request-id>', 'of a reversal: what it reverses', requestIdArgument)
    .option('--hold-id <hold>', 'of a capture, or its reversal: the hold', requestIdArgument)
    .option('--counterparty <account>', 'of an incoming transfer: who paid', accountIdArgument)
    .action((accountId: string, requestId: string, of: EntryOf, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body } = await client.call(entryLookUp(accountId, requestId, of));
        show.one(body, entryFields(body));
      }),
    );
}

interface StatementOptions {
  readonly from?: string;
  readonly to?: string;
}

/** An entry with what the account had behind it; and where the statement begins and ends. */
interface StatementLine {
  readonly at?: string | undefined;
  readonly kind: string;
  readonly amount?: string;
  readonly balance: string;
  readonly requestId?: string;
  readonly reference?: string | undefined;
}

function addStatement(program: Command, context: CommandContext): void {
  program
    .command('statement')
    .description(
      'show what an account had, its entries oldest first with the balance behind each, and what it had then',
    )
    .argument('<account>', 'account id', accountIdArgument)
    .option('--from <time>', 'where it begins: 2026-01-31T12:00:00Z, or 2026-01-31', timeArgument)
    .option('--to <time>', 'where it ends (default now)', timeArgument)
    .action((accountId: string, options: StatementOptions, command: Command) =>
      withService(command, context, (client, { show }) =>
        show.longList(statementLines(client, { accountId, ...options }), STATEMENT_COLUMNS, 'nothing'),
      ),
    );
}

async function* statementLines(
  client: ServiceClient,
  query: StatementOptions & { readonly accountId: string },
): AsyncGenerator<StatementLine> {
  let { body } = await client.call(statementCall({ ...query, limit: PAGE_LENGTH }));
  const { openingAt, opening = '0', closing = '0', closingAt } = body;
  yield { at: openingAt, kind: 'opening', balance: opening };
  let balanceMinor = BigInt(opening);
  for (;;) {
    // As the service wrote them: the type of a page's items is that of what it answers.
    for (const entry of body.items) {
      const { createdAt: at, kind, amount, requestId, reference } = entry;
      balanceMinor += signedAmount({ kind, amountMinor: BigInt(amount) });
      yield { at, kind, amount, balance: balanceMinor.toString(), requestId, reference };
    }
    const { nextCursor: cursor } = body;
    if (cursor === undefined) break;
    ({ body } = await client.call(statementCall({ accountId: query.accountId, cursor, limit: PAGE_LENGTH })));
  }
  yield { at: closingAt, kind: 'closing', balance: closing };
}

const STATEMENT_COLUMNS: Columns<StatementLine> = {
  at: ({ at }) => at,
  kind: ({ kind }) => kind,
  amount: ({ amount }) => (amount === undefined ? undefined : BigInt(amount)),
  balance: ({ balance }) => BigInt(balance),
  'request id': ({ requestId }) => requestId,
  reference: ({ reference }) => reference,
};

interface SummaryOptions {
  readonly from?: string;
  readonly to?: string;
  readonly period?: Period;
  readonly timeZone?: string;
}

function addSummary(program: Command, context: CommandContext): void {
  program
    .command('summary')
    .description('sum up an account’s entries by kind and period')
    .argument('<account>', 'account id', accountIdArgument)
    .option('--from <time>', 'none before: 2026-01-31T12:00:00Z, or 2026-01-31', timeArgument)
    .option('--to <time>', 'only before', timeArgument)
    .addOption(new Option('--period <period>', 'what is summed up together').choices(PERIODS))
    .option('--time-zone <zone>', 'by whose clocks periods begin, such as Europe/Berlin (default UTC)')
    .action((accountId: string, options: SummaryOptions, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body } = await client.call(summaryCall({ accountId, ...options }));
        const { items, ...sums } = body;
        show.list(items, SUMMARY_COLUMNS, sums);
      }),
    );
}

function entryFields(entry: JsonOf<Entry>): Fields {
  const { createdAt, kind, amount, requestId, accountId, holdId, reverses, counterparty } = entry;
  const { shard, subAccount, reference, metadata } = entry;
  return {
    at: createdAt,
    account: accountId,
    kind,
    amount: BigInt(amount),
    'request id': requestId,
    hold: holdId,
    reverses,
    counterparty,
    where: `${shard}/${subAccount}`,
    reference,
    metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
  };
}

const SUMMARY_COLUMNS: Columns<JsonOf<SummaryItem>> = {
  period: ({ period }) => period,
  kind: ({ kind }) => kind,
  entries: ({ count }) => count,
  amount: ({ amount }) => BigInt(amount),
};
