import { type Command, Option } from 'commander';
import { entryLookUp, statementCall, summaryCall } from '../../client/history-calls';
import type { EntryOf, Period, SummaryItem } from '../../client/history-shapes';
import type { Entry } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import type { StatementDocument, StatementLine } from '../../documents/statement-lines';
import { statementPage } from '../../documents/statement-page';
import { signedAmount } from '../../ledger/entry';
import type { JsonOf, ServiceClient } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import type { TextOutput } from '../terminal/text-output';
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
  readonly html?: boolean;
}

/** An entry with what the account had behind it; and where the statement begins and ends. */
interface ShownLine {
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
    .option('--html', 'as an HTML page to look at, print or save as PDF')
    .action((accountId: string, { html = false, ...range }: StatementOptions, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const statement = await openStatement(client, { accountId, ...range });
        if (html) await writePage(statement, context.out);
        else await show.longList(shownLines(statement), STATEMENT_COLUMNS, 'nothing');
      }),
    );
}

interface OpenedStatement {
  readonly document: StatementDocument;
  readonly pages: AsyncIterable<readonly StatementLine[]>;
}

async function openStatement(
  client: ServiceClient,
  { accountId, ...range }: { readonly accountId: string; readonly from?: string; readonly to?: string },
): Promise<OpenedStatement> {
  const limit = PAGE_LENGTH;
  const { body: first } = await client.call(statementCall({ accountId, ...range, limit }));
  const { asset, openingAt, closingAt, opening = '0', closing = '0' } = first;
  const [openingMinor, closingMinor] = [BigInt(opening), BigInt(closing)];
  async function* pages(): AsyncGenerator<StatementLine[]> {
    let balanceMinor = openingMinor;
    for (let body = first; ;) {
      // As the service wrote them: the type of a page's items is that of what it answers.
      yield body.items.map(
        ({ createdAt: at, kind, amount, requestId, reference, counterparty, metadata }) => {
          const changeMinor = signedAmount({ kind, amountMinor: BigInt(amount) });
          balanceMinor += changeMinor;
          return { at, kind, changeMinor, balanceMinor, requestId, reference, counterparty, metadata };
        },
      );
      const { nextCursor: cursor } = body;
      if (cursor === undefined) return;
      ({ body } = await client.call(statementCall({ accountId, cursor, limit })));
    }
  }
  return { document: { accountId, asset, openingAt, closingAt, openingMinor, closingMinor }, pages: pages() };
}

async function writePage({ document, pages }: OpenedStatement, out: TextOutput): Promise<void> {
  for await (const text of statementPage(document, pages)) if (!out.write(text)) await out.drained();
}

async function* shownLines({ document, pages }: OpenedStatement): AsyncGenerator<ShownLine> {
  const { openingAt, openingMinor, closingAt, closingMinor } = document;
  yield { at: openingAt, kind: 'opening', balance: openingMinor.toString() };
  for await (const lines of pages)
    for (const { at, kind, changeMinor, balanceMinor, requestId, reference } of lines) {
      const amount = (changeMinor < 0n ? -changeMinor : changeMinor).toString();
      yield { at, kind, amount, balance: balanceMinor.toString(), requestId, reference };
    }
  yield { at: closingAt, kind: 'closing', balance: closingMinor.toString() };
}

const STATEMENT_COLUMNS: Columns<ShownLine> = {
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
