import { type Command, Option } from 'commander';
import { accountsPage } from '../../client/lists';
import { type CommandContext, withService } from '../command-context';
import type { EntrySink } from '../export/exported-entry';
import { EXPORT_FORMATS, type ExportFormat, fileSink, outputSink } from '../export/open-sink';
import { readEntries } from '../export/read-entries';
import { OperatorFault } from '../faults';
import { itemsOf } from '../service/list-items';
import type { ServiceClient } from '../service/service-client';
import { accountIdArgument, timeArgument } from '../terminal/option-parsers';
import { showProgress } from '../terminal/progress';
import { grouped } from '../terminal/tables';
import { untilSignal } from '../terminal/until-signal';

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly since?: string;
  readonly until?: string;
  readonly account?: string;
  readonly prefix?: string;
}

export function addExportCommand(program: Command, context: CommandContext): void {
  program
    .command('export')
    .description(
      'write entries of all accounts to a file, account by account, oldest first, for other tools to read',
    )
    .addOption(new Option('--format <format>', 'of the file').choices(EXPORT_FORMATS).makeOptionMandatory())
    .option('--out <file>', 'where to; - is the output, for csv and ndjson', '-')
    .option('--since <time>', 'none before: 2026-01-31T12:00:00Z, or 2026-01-31', timeArgument)
    .option('--until <time>', 'only before (default now)', timeArgument)
    .addOption(
      new Option('--account <account>', 'only this one').argParser(accountIdArgument).conflicts('prefix'),
    )
    .option('--prefix <text>', 'only accounts whose ids begin so')
    .action((options: ExportOptions, command: Command) => exportEntries(options, command, context));
}

async function exportEntries(
  options: ExportOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { format, out, since, until } = options;
  await withService(command, context, async (client, { json, show }) => {
    const sink = await sinkOf(options, context);
    const stage = showProgress({ ...context, json })({ label: 'Exporting', unit: 'entries', total: 0 });
    const startedAtMs = context.clock.nowMs();
    let [entries, accounts] = [0, 0];
    try {
      await untilSignal(async ({ signal: stop }) => {
        const counted = counting(accountsOf(client, options), () => (accounts += 1));
        const { clock } = context;
        for await (const some of readEntries({ client, clock, stop, accounts: counted, since, until })) {
          stop.throwIfAborted();
          await sink.write(some);
          entries += some.length;
          stage.reached(entries, entries);
        }
        await sink.finish();
      });
    } catch (error) {
      await sink.abandon();
      throw error;
    } finally {
      stage.end();
    }
    // The output is the export itself, and nothing may be mixed into it.
    if (out === '-') return;
    const seconds = (context.clock.nowMs() - startedAtMs) / 1000;
    show.document(
      { file: out, format, accounts, entries, seconds },
      {
        text: () =>
          `${out}: ${grouped(entries)} entries of ${grouped(accounts)} accounts in ${seconds.toFixed(1)} s\n`,
        fields: { file: out, format, accounts, entries, seconds },
      },
    );
  });
}

async function sinkOf({ format, out }: ExportOptions, { streams }: CommandContext): Promise<EntrySink> {
  if (out !== '-') return fileSink(format, out);
  if (format === 'parquet')
    throw new OperatorFault('A Parquet file is written to a file: name it with --out.');
  return outputSink(format, streams.out);
}

async function* accountsOf(
  client: ServiceClient,
  { account, prefix }: ExportOptions,
): AsyncGenerator<string> {
  if (account !== undefined) yield account;
  else
    for await (const { id } of itemsOf(client, accountsPage(prefix === undefined ? {} : { prefix })))
      yield id;
}

async function* counting<T>(items: AsyncIterable<T>, count: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    count();
    yield item;
  }
}
