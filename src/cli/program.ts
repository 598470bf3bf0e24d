import { Command, CommanderError, Option } from 'commander';
import type { CommandContext } from './command-context';
import { addAccountCommands } from './commands/account';
import { addAccountStatusCommands } from './commands/account-status';
import { addAccountStrategyCommand } from './commands/account-strategy';
import { addAuditCommand } from './commands/audit';
import { addEntryCommands } from './commands/entry';
import { addHoldCommands } from './commands/hold';
import { addGenerateCommand } from './commands/generate';
import { addKeyCommands } from './commands/key';
import { addOperationCommands } from './commands/operation';
import { addReplayCommand } from './commands/replay';
import { addShardCommands } from './commands/shard';
import { addSubAccountCommands } from './commands/sub-accounts';
import { ExitCode } from './exit-codes';
import { DEFAULT_URL } from './service/connection';
import { Interrupted } from './faults';
import type { Surroundings } from './surroundings';
import { describeFault, printFault } from './terminal/print-fault';
import { readVersion } from './version';

/** Runs one command line. @returns its exit code; never throws. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = ExitCode.done;
  const context: CommandContext = {
    ...surroundings,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  const program = createProgram(context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    // Commander has said what was wrong with the arguments, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode;
    printFault(describeFault(error), { ...surroundings, json: args.includes('--json') });
    return ExitCode.failed;
  }
}

function createProgram(context: CommandContext): Command {
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
    .addOption(new Option('--json', 'print one JSON document for machines'))
    .addHelpText(
      'after',
      '\nAmounts are whole numbers of minor units (cents for USD/2).\n' +
        'Exit codes: 0 done, 1 failed, 3 a replay in which some rows were refused; of an audit 0 balanced, 1 not balanced,\n' +
        '2 not carried out.',
    );
  const account = addAccountCommands(program, context);
  addAccountStatusCommands(account, context);
  addAccountStrategyCommand(account, context);
  addSubAccountCommands(account, context);
  addEntryCommands(program, context);
  addHoldCommands(program, context);
  addShardCommands(program, context);
  addKeyCommands(program, context);
  addOperationCommands(program, context);
  addAuditCommand(program, context);
  addReplayCommand(program, context);
  addGenerateCommand(program, context);
  return program;
}
