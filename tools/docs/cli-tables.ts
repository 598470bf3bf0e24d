import type { Command } from 'commander';
import { PassThrough } from 'node:stream';
import { contextOf } from '../../src/cli/command-context';
import { leavesOf } from '../../src/cli/completion/outline';
import { EXIT_CODES } from '../../src/cli/exit-codes';
import { createProgram } from '../../src/cli/program';
import { alignedTable, code } from './aligned-table';

/** Every command, as it is declared. */
export function commandsTable(): string {
  const rows = [...leavesOf(commandLine())].map(([path, command]) => [
    code([path, ...command.registeredArguments.map(argumentText)].join(' ')),
    command.description().split('\n')[0] ?? '',
    command.options.some(({ long }) => long === '--watch') ? 'yes' : '',
  ]);
  return alignedTable(['command', 'does', '`--watch`'], rows);
}

/** What the end of a command says to scripts. */
export function exitCodesTable(): string {
  const rows = Object.entries(EXIT_CODES).flatMap(([command, codes]) =>
    Object.entries(codes).map(([exitCode, means]) => [
      command === 'every command' ? command : code(command),
      exitCode,
      means,
    ]),
  );
  return alignedTable(['of', 'exit code', 'means'], rows);
}

/** The command line as it is declared; nothing of it is run. */
export function commandLine(): Command {
  const nothing = {
    out: new PassThrough(),
    err: new PassThrough(),
    readIn: () => Promise.reject(new Error('nothing is read here')),
    env: {},
    clock: { wallMs: () => 0, nowMs: () => 0, pause: () => Promise.resolve() },
    random: () => 0,
  };
  return createProgram(contextOf(nothing, () => undefined));
}

function argumentText(argument: Command['registeredArguments'][number]): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}
