import type { Command } from 'commander';
import { type CommandContext, globalsOf } from '../command-context';
import type { LogSettings } from '../generate/log-charge';
import { writeLogFile, writeLogTo } from '../generate/write-log';
import { decimalNumber, wholeNumber } from '../terminal/option-parsers';
import { showProgress } from '../terminal/progress';
import { grouped } from '../terminal/tables';
import { untilSignal } from '../terminal/until-signal';

interface GenerateOptions extends Omit<LogSettings, 'requestIds'> {
  readonly requestIds?: boolean;
}

export function addGenerateCommand(program: Command, context: CommandContext): void {
  program
    .command('generate')
    .description(
      'make up a log of charges for replay: skewed over accounts, in bursts, the same for the same options',
    )
    .argument('<file>', 'where to: .csv, .csv.gz, or - for the output; a file there is replaced')
    .option('--rows <n>', 'how many charges', wholeNumber(1, 10_000_000_000), 100_000)
    .option('--accounts <n>', 'over how many accounts', wholeNumber(1, 10_000_000), 778)
    .option(
      '--skew <s>',
      "Zipf's exponent: 0 is even, above 1 a few accounts have most",
      decimalNumber(0, 10),
      1.2,
    )
    .option('--seed <n>', 'another seed, another log', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--days <n>', 'the span (default: bursts about 5 s apart)', decimalNumber(0.00001, 36_500))
    .option('--request-ids', 'add a column request_id, with some true repeats')
    .option(
      '--repeat-rate <share>',
      'share of repeats among rows with request ids',
      decimalNumber(0, 0.5),
      0.004,
    )
    .action((file: string, options: GenerateOptions, command: Command) =>
      generate(file, options, command, context),
    );
}

async function generate(
  file: string,
  options: GenerateOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { json, show } = globalsOf(command, context);
  const { rows, accounts, skew, seed, days, repeatRate, requestIds = false } = options;
  const settings = {
    rows,
    accounts,
    skew,
    seed,
    repeatRate,
    requestIds,
    ...(days === undefined ? {} : { days }),
  };
  const stage = showProgress({ ...context, json })({ label: 'Writing', unit: 'rows', total: rows });
  const startedAtMs = context.clock.nowMs();
  try {
    if (file === '-') await writeLogTo(context.streams.out, settings, stage);
    else await untilSignal((stop) => writeLogFile(file, settings, { stage, stop: stop.signal }));
  } finally {
    stage.end();
  }
  // The output is the log itself, and nothing may be mixed into it.
  if (file === '-') return;
  const seconds = (context.clock.nowMs() - startedAtMs) / 1000;
  show.document(
    { file, ...settings, seconds },
    {
      text: () => `${file}: ${grouped(rows)} rows in ${seconds.toFixed(1)} s\n`,
      fields: { file, rows, seconds },
    },
  );
}
