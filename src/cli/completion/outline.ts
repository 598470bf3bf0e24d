import type { Argument, Command, Option } from 'commander';

/** What may stand behind an option, or in the place of an argument. */
export type Values =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'anything' };

export interface OutlinedOption {
  /** `--limit`, and `-o` where it has a short form. */
  readonly names: readonly string[];
  readonly description: string;
  /** Without, it stands alone. */
  readonly values?: Values;
}

/** A place on a command line: what may come behind the commands that stand there. */
export interface Place {
  /** The commands up to here, such as `account create`; empty behind the program's own name. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OutlinedOption[];
  /** In their order. */
  readonly operands: readonly Values[];
}

/** Every place of a program, as its commands are declared. */
export function outlineOf(program: Command): readonly Place[] {
  const global = optionsOf(program);
  return placesBelow(program, [], global);
}

/** All commands that do something, by their paths. */
export function leavesOf(program: Command): ReadonlyMap<string, Command> {
  return new Map(leavesBelow(program, []));
}

function leavesBelow(command: Command, path: readonly string[]): (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((each) => leavesBelow(each, [...path, each.name()]));
}

function placesBelow(
  command: Command,
  path: readonly string[],
  global: readonly OutlinedOption[],
): readonly Place[] {
  const own = path.length === 0 ? [] : optionsOf(command);
  const place = {
    path: path.join(' '),
    commands: command.commands.map((each) => ({
      name: each.name(),
      description: firstLine(each.description()),
    })),
    options: [...own, ...global, HELP],
    operands: command.registeredArguments.map(valuesOfArgument),
  };
  return [place, ...command.commands.flatMap((each) => placesBelow(each, [...path, each.name()], global))];
}

const HELP: OutlinedOption = { names: ['--help', '-h'], description: 'how it is used' };

function optionsOf(command: Command): readonly OutlinedOption[] {
  return command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => ({
      names: [option.long, option.short].filter((name) => typeof name === 'string'),
      description: firstLine(option.description),
      ...(takesValue(option) && { values: valuesOf(option.argChoices, option.flags) }),
    }));
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function valuesOfArgument(argument: Argument): Values {
  return valuesOf(argument.argChoices, argument.name());
}

/** A value that is called a file or a folder is one. */
function valuesOf(choices: readonly string[] | undefined, called: string): Values {
  if (choices) return { kind: 'choices', choices };
  return /\b(file|folder)\b/.test(called) ? { kind: 'files' } : { kind: 'anything' };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
