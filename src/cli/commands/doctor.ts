import type { Command } from 'commander';
import Table from 'cli-table3';
import type { Check } from '../../doctor/check';
import { type CommandContext, globalsOf } from '../command-context';
import { DoctorExitCode } from '../exit-codes';
import { SETTINGS_HELP } from '../service/installation';
import type { Columns } from '../terminal/columns';
import { harmless } from '../terminal/harmless';
import { type Paint, paintStatus } from '../terminal/paint';

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description(
      'look at everything that the service stands on, and say what is wrong and what to do; changes nothing',
    )
    .option('--all', 'show what is well, too')
    .addHelpText(
      'after',
      `${SETTINGS_HELP}\nExit codes: 0 all is well, 1 something is broken or could not be asked, 3 there are warnings only.`,
    )
    .action((options: { readonly all?: boolean }, command: Command) => doctor(options, command, context));
}

async function doctor(
  { all }: { readonly all?: boolean },
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { examine } = await import('../../doctor/doctor.js');
  const checks = await examine(context.env);
  const wrong = checks.filter(({ state }) => state !== 'ok');
  const { show } = globalsOf(command, context);
  const shown = all === true ? checks : wrong;
  if (show.format === 'csv') show.list(shown, CHECK_COLUMNS);
  else show.document({ checks }, { text: () => asText(checks, shown, context.paint), fields: {} });
  context.exitWith(exitCodeOf(wrong));
}

function exitCodeOf(wrong: readonly Check[]): number {
  if (wrong.length === 0) return DoctorExitCode.well;
  return wrong.every(({ state }) => state === 'warning') ? DoctorExitCode.warnings : DoctorExitCode.broken;
}

const CHECK_COLUMNS: Columns<Check> = {
  where: ({ target }) => target,
  check: ({ id }) => id,
  state: ({ state }) => state,
  found: ({ found }) => found,
  'which means': ({ means }) => means,
  'what to do': ({ remedy }) => remedy,
};

const WIDTHS = [10, 22, 9, 32, 36, 42];

function asText(all: readonly Check[], shown: readonly Check[], paint: Paint): string {
  const counts = `${all.length} checks: ${['broken', 'unknown', 'warning', 'ok']
    .map((state) => `${all.filter((check) => check.state === state).length} ${state}`)
    .join(', ')}\n`;
  if (shown.length === 0) return counts;
  const table = new Table({
    head: Object.keys(CHECK_COLUMNS),
    colWidths: WIDTHS,
    wordWrap: true,
    style: { head: [], border: [] },
  });
  table.push(
    ...shown.map(({ target, id, state, found, means = '', remedy = '' }) => [
      harmless(target),
      id,
      paintStatus(paint, state),
      ...[found, means, remedy].map(harmless),
    ]),
  );
  return `${table.toString()}\n${counts}`;
}
