import { Command, CommanderError, Option } from 'commander';
import { type CommandContext, contextOf, formatOf, type GlobalOptions } from './command-context';
import { addAccountCommands } from './commands/account';
import { addAccountReadCommands } from './commands/account-reads';
import { addHistoryCommands } from './commands/history';
import { addAccountStatusCommands } from './commands/account-status';
import { addAccountStrategyCommand } from './commands/account-strategy';
import { addAuditLogCommands } from './commands/audit-log';
import { addAuditCommand } from './commands/audit';
import { addBackupCommand } from './commands/backup';
import { addCompletionCommand } from './commands/completion';
import { addDemoCommand } from './commands/demo';
import { addDoctorCommand } from './commands/doctor';
import { addDeadLetterCommands } from './commands/dead-letters';
import { addExportCommand } from './commands/export';
import { addEventCommands } from './commands/events';
import { addGenerateCommand } from './commands/generate';
import { addKeyCommands } from './commands/key';
import { addOperationCommands } from './commands/operation';
import { addPaymentCommands } from './commands/pay';
import { addReplayCommand } from './commands/replay';
import { addBudgetCommands } from './commands/budget';
import { addRestoreCommand } from './commands/restore';
import { addServiceCommands } from './commands/service';
import { addShardCommands } from './commands/shard';
import { addAutoSplitCommand, addHotCommand } from './commands/hot';
import { addSubAccountCommands } from './commands/sub-accounts';
import { addTopCommand } from './commands/top';
import { addWebhookCommands } from './commands/webhook';
import { ExitCode } from './exit-codes';
import { DEFAULT_URL } from './service/connection';
import { Interrupted } from './faults';
import type { Surroundings } from './surroundings';
import { FORMATS } from './terminal/show';
import { describeFault, misuseOf, printFault, printJsonFault } from './terminal/print-fault';
import { readVersion } from './version';

/** Runs one command line. @returns its exit code; never throws. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = ExitCode.done;
  const context = contextOf(surroundings, (code) => {
    exitCode = code;
  });
  const program = createProgram(context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    if (error instanceof CommanderError) {
      // Commander has said what was wrong with the arguments, or shown the help that was asked for.
      if (isFault(error) && asksForJson(args)) printJsonFault(misuseOf(error), context.out);
      return error.exitCode;
    }
    printFault(describeFault(error), {
      ...context,
      json: formatOf(program.opts<GlobalOptions>()) === 'json',
    });
    return ExitCode.failed;
  }
}

/** Help that is shown for want of a command ends with 1 too. */
function isFault({ code, exitCode }: CommanderError): boolean {
  return exitCode !== 0 && code !== 'commander.help';
}

/** Options behind the fault have not been read when it ends the reading. */
function asksForJson(args: readonly string[]): boolean {
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined).join(' ');
  return /(?:^| )(?:--json|--output[ =]json|-o ?json)(?: |$)/.test(own);
}

/** All commands, as they are declared: what completes and describes them reads them from here. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('hotsplit')
    .description("The operator's command line of hotsplit. It talks to a running service over its REST API.")
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => context.err.write(text),
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .addOption(new Option('--url <url>', `the service (env HOTSPLIT_URL; default ${DEFAULT_URL})`))
    .addOption(
      new Option(
        '--key <key>',
        'API key, - reads it from standard input (env HOTSPLIT_KEY or HOTSPLIT_KEY_FILE, else HOTSPLIT_ADMIN_KEY or\n' +
          'HOTSPLIT_ADMIN_KEY_FILE, else the file ./data/admin.key)',
      ),
    )
    .addOption(
      new Option('-o, --output <format>', 'how results are printed (default table)').choices(FORMATS),
    )
    .addOption(new Option('--json', 'the same as --output json: one JSON document').conflicts('output'))
    .addHelpText(
      'after',
      '\nAmounts are whole numbers of minor units (cents for USD/2).\n' +
        'Exit codes: 0 done, 1 failed; replay, audit and doctor have more to say, see their --help.\n' +
        'Tab completion: hotsplit completion --help. A tour: docs/tour.md.',
    );
  const account = addAccountCommands(program, context);
  addAccountStatusCommands(account, context);
  addAccountStrategyCommand(account, context);
  addSubAccountCommands(account, context);
  addAutoSplitCommand(account, context);
  addAccountReadCommands(program, context);
  addHistoryCommands(program, context);
  addExportCommand(program, context);
  addPaymentCommands(program, context);
  addBudgetCommands(program, context);
  addEventCommands(program, context);
  addDeadLetterCommands(program, context);
  addServiceCommands(program, context);
  addShardCommands(program, context);
  addKeyCommands(program, context);
  addOperationCommands(program, context);
  addHotCommand(program, context);
  addAuditCommand(program, context);
  addAuditLogCommands(program, context);
  addBackupCommand(program, context);
  addDoctorCommand(program, context);
  addRestoreCommand(program, context);
  addWebhookCommands(program, context);
  addTopCommand(program, context);
  addDemoCommand(program, context);
  addReplayCommand(program, context);
  addGenerateCommand(program, context);
  addCompletionCommand(program, context);
  return program;
}
