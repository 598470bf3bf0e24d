import { type Command, InvalidArgumentError, Option } from 'commander';
import { isRequestId } from '../../ledger/identifiers';
import { type CommandContext, withService } from '../command-context';
import type { Show } from '../terminal/show';
import { ExitCode } from '../exit-codes';
import { addBrokerOption, type BrokerOptions, brokersOf } from '../kafka/brokers';
import { Interrupted, OperatorFault } from '../faults';
import { COLUMN_NAMES, type ColumnName } from '../replay/log-format';
import type { ReplaySettings } from '../replay/replay-context';
import { openTopic } from '../replay/produce-batch';
import { replayLog, type ReplayResult } from '../replay/replay-log';
import { reportAsJson, reportAsText } from '../replay/report';
import { ACCOUNT_COLUMNS, accountsOf } from '../replay/report-accounts';
import { assetArgument, wholeNumber } from '../terminal/option-parsers';
import { describeFault, printFault } from '../terminal/print-fault';
import { showProgress } from '../terminal/progress';
import { untilSignal } from '../terminal/until-signal';

interface ReplayOptions extends BrokerOptions {
  readonly batchSize: number;
  readonly concurrency: number;
  readonly retrySeconds: number;
  readonly async?: boolean;
  readonly toKafka?: string;
  readonly dryRun?: boolean;
  readonly columns: ReadonlyMap<ColumnName, string>;
  readonly delimiter: string;
  readonly decimals: number;
  readonly decimalSeparator: string;
  readonly takeLastLine?: boolean;
  readonly idPrefix?: string;
  readonly checkpoint?: string;
  readonly createAccounts?: boolean;
  readonly asset: string;
  readonly headroom: number;
  readonly hot: number;
  readonly hotSubAccounts: number;
}

// Request ids end at 64: leaves room for a hyphen and the row's number.
const ID_PREFIX_LENGTH_MAX = 48;

const NOTES = `
The log is CSV, gzipped or not, with a header row that names account_id, amount and perhaps ts_ms and request_id.
Amounts are whole minor units; a log in major units, 56.10, is refused before anything is sent unless --decimals says
how many digits are minor. --dry-run reads the whole log, says what it would send, and sends nothing.

Every line below the header is a charge, a bad row or blank, and the report counts them. A quote that is closed on
another line makes bad rows of all lines between: none of them is sent. So does a last line without its line break.

A row's request id is its request_id, or else <prefix>-<row> with the prefix of --id-prefix, which then has to be given: it is
the name of this log, and another log needs another one. With the same prefix the log can be replayed any number of times,
after a crash or when it has grown, and no row is deducted twice. Rows keep their places: a row that was moved, or whose account or
amount was corrected after it took effect, is refused with IDEMPOTENCY_KEY_REUSED and not deducted again; reverse the old one,
and send the correction as a row at the end.

With --create-accounts, every account of the log is made first, if it is not there: --headroom times what the log
takes from it, and at least 1,000 times its largest charge for each sub-account.

With --async, rows are received and charged later: a row whose charge is rejected then is told by the look-up of its
request id, not by this report. With --to-kafka they are produced to a topic that the service reads
(HOTSPLIT_KAFKA_INTAKE_TOPICS there); replayed again they are in the topic twice, and charged once.

Exit codes: 0 every row was deducted now or before (in a dry run: could be read), 3 some were rejected or could not be read, 1 it did not get to
the end: run the same command again. With --checkpoint, rows that were answered are skipped then, rejected ones too.`;

export function addReplayCommand(program: Command, context: CommandContext): void {
  const replaying = program.command('replay');
  addBrokerOption(replaying)
    .description('send the charges of a log as deductions')
    .argument('<file>', 'the log: .csv or .csv.gz')
    .option('--batch-size <n>', 'charges in one request', wholeNumber(1, 5000), 1000)
    .option('--concurrency <n>', 'requests in flight', wholeNumber(1, 64), 4)
    .option('--async', 'have the charges kept durably and charged later, instead of waiting for each')
    .addOption(
      new Option(
        '--to-kafka <topic>',
        'produce the charges to a topic, from which the service takes them',
      ).conflicts('async'),
    )
    .option('--dry-run', 'read the whole log and send nothing')
    .option(
      '--columns <names>',
      'what the log calls them: amount=Betrag,account_id=Konto',
      columnsArgument,
      new Map(),
    )
    .option('--delimiter <character>', 'between the fields; tab for a tabulator', delimiterArgument, ',')
    .option(
      '--decimals <n>',
      'digits of an amount that are minor units: with 2, 56.1 is 5610',
      wholeNumber(0, 18),
      0,
    )
    .option('--decimal-separator <character>', 'in front of them: . or ,', separatorArgument, '.')
    .option('--take-last-line', 'send the last line although it has no line break')
    .option('--retry-seconds <n>', 'how long to go on without any progress', wholeNumber(0, 86_400), 60)
    .option(
      '--id-prefix <prefix>',
      'names this log: begins the request ids of its rows without one',
      idPrefixArgument,
    )
    .option('--checkpoint <file>', 'remembers how far it came; the next run skips what is answered')
    .option('--create-accounts', 'make the accounts of the log first')
    .option('--asset <asset>', 'of the accounts made', assetArgument, 'POINTS/0')
    .option('--headroom <n>', 'opening balance: times what the log takes', wholeNumber(1, 1_000_000), 4)
    .option('--hot <n>', 'how many of the busiest accounts are split', wholeNumber(0, 1_000_000), 10)
    .option('--hot-sub-accounts <n>', 'into how many sub-accounts', wholeNumber(1, 1024), 32)
    .addHelpText('after', NOTES)
    .action((file: string, options: ReplayOptions, command: Command) =>
      replay(file, options, command, context),
    );
}

async function replay(
  file: string,
  options: ReplayOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  await withService(command, context, async (client, { json, show }) => {
    const { clock, random } = context;
    const warn = (text: string) => context.err.write(`warning: ${text}\n`);
    const { toKafka } = options;
    const topic = toKafka === undefined ? undefined : await openTopic(brokersOf(options, context), toKafka);
    const result = await untilSignal((stop) =>
      replayLog(file, toSettings(options), {
        client,
        ...(topic && { topic }),
        clock,
        random,
        warn,
        stop,
        beginStage: showProgress({ ...context, json }),
      }),
    ).finally(() => topic?.close());
    printResult(result, context, show);
  });
}

function toSettings({
  dryRun = false,
  async: isAsync = false,
  columns,
  delimiter,
  decimals,
  decimalSeparator,
  takeLastLine = false,
  createAccounts,
  asset,
  headroom,
  hot,
  hotSubAccounts,
  ...options
}: ReplayOptions): ReplaySettings {
  if (decimals > 0 && delimiter === decimalSeparator)
    throw new OperatorFault('--delimiter and --decimal-separator are the same character');
  const format = { delimiter, columns, decimals, decimalSeparator, takesLastLine: takeLastLine };
  const settings = { ...options, format, dryRun, isAsync };
  return createAccounts === true
    ? { ...settings, accounts: { asset, headroom, hot, hotSubAccounts } }
    : settings;
}

function printResult(result: ReplayResult, context: CommandContext, show: Show): void {
  const { checked, sent } = result;
  const failure = sent?.failure;
  const refused = sent
    ? sent.tally.rejectedBy.size + sent.tally.badRowCount + sent.skipped.rowsRefused
    : checked.tally.badRowCount;
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const error = failure === undefined ? undefined : describeFault(failure);
  if (show.format === 'csv') show.list(accountsOf(result), ACCOUNT_COLUMNS);
  else
    show.document(reportAsJson(result, error === undefined ? { peakRssBytes } : { peakRssBytes, error }), {
      text: () => reportAsText(result, { peakRssBytes }),
      fields: {},
    });
  if (error !== undefined) {
    printFault(error, { ...context, json: false });
    context.exitWith(failure instanceof Interrupted ? failure.exitCode : ExitCode.failed);
  } else if (refused > 0) {
    context.exitWith(ExitCode.someRefused);
  }
}

function idPrefixArgument(text: string): string {
  if (isRequestId(text) && text.length <= ID_PREFIX_LENGTH_MAX) return text;
  throw new InvalidArgumentError(
    `A prefix is 1 to ${ID_PREFIX_LENGTH_MAX} printable ASCII characters without blanks.`,
  );
}

function columnsArgument(
  text: string,
  before: ReadonlyMap<ColumnName, string>,
): ReadonlyMap<ColumnName, string> {
  const columns = new Map(before);
  for (const part of text.split(',')) {
    const [, name, called] = /^([^=]*)=(.+)$/.exec(part) ?? [];
    if (called === undefined || !COLUMN_NAMES.includes(name as ColumnName))
      throw new InvalidArgumentError(
        `name=header with commas between; names are ${COLUMN_NAMES.join(', ')}.`,
      );
    columns.set(name as ColumnName, called);
  }
  return columns;
}

function delimiterArgument(text: string): string {
  if (text === 'tab' || text === '\\t') return '\t';
  if (/^[^"\r\n]$/.test(text)) return text;
  throw new InvalidArgumentError('One character, not a quote.');
}

function separatorArgument(text: string): string {
  if (text === '.' || text === ',') return text;
  throw new InvalidArgumentError('A point or a comma.');
}
