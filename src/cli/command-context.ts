import type { Command } from 'commander';
import type { Writable } from 'node:stream';
import { connect, type ConnectionOptions } from './service/connection';
import type { ServiceClient } from './service/service-client';
import type { Surroundings } from './surroundings';
import { type Paint, paintFor } from './terminal/paint';
import { type Format, Show } from './terminal/show';
import { HarmlessOutput, type TextOutput } from './terminal/text-output';

export interface CommandContext extends Omit<Surroundings, 'out' | 'err'> {
  readonly out: TextOutput;
  readonly err: TextOutput;
  /** The streams themselves, for what draws on a terminal or writes what is not for people. */
  readonly streams: { readonly out: Writable; readonly err: Writable };
  /** For `out`. */
  readonly paint: Paint;
  /** For `err`. */
  readonly paintErr: Paint;
  /** For a command that worked but has something to say to scripts; faults are thrown. */
  readonly exitWith: (code: number) => void;
}

export interface GlobalOptions extends ConnectionOptions {
  /** The same as `--output json`. */
  readonly json?: boolean;
  readonly output?: Format;
}

/** The options of every command, as commands go by them. */
export interface Globals extends GlobalOptions {
  readonly json: boolean;
  readonly show: Show;
}

export function contextOf(surroundings: Surroundings, exitWith: CommandContext['exitWith']): CommandContext {
  const { out, err, ...others } = surroundings;
  return {
    ...others,
    out: new HarmlessOutput(out),
    err: new HarmlessOutput(err),
    streams: { out, err },
    paint: paintFor(out, surroundings.env),
    paintErr: paintFor(err, surroundings.env),
    exitWith,
  };
}

/** @param out where it is shown instead */
export function globalsOf(command: Command, context: CommandContext, out?: TextOutput): Globals {
  const globals = command.optsWithGlobals<GlobalOptions>();
  const format = formatOf(globals);
  const { paint } = context;
  return { ...globals, json: format === 'json', show: new Show({ out: out ?? context.out, paint, format }) };
}

export function formatOf({ json, output }: GlobalOptions): Format {
  return json === true ? 'json' : (output ?? 'table');
}

/** Connects as the global options say, and disconnects whatever comes of the work. */
export async function withService<T>(
  command: Command,
  context: CommandContext,
  work: (client: ServiceClient, globals: Globals) => Promise<T>,
): Promise<T> {
  const globals = globalsOf(command, context);
  const client = await connect(globals, context);
  try {
    return await work(client, globals);
  } finally {
    client.close();
  }
}
