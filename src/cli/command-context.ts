import type { Command } from 'commander';
import { connect, type ConnectionOptions } from './service/connection';
import type { ServiceClient } from './service/service-client';
import type { Surroundings } from './surroundings';

export interface CommandContext extends Surroundings {
  /** For a command that worked but has something to say to scripts; faults are thrown. */
  readonly exitWith: (code: number) => void;
}

export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Connects as the global options say, and disconnects whatever comes of the work. */
export async function withService<T>(
  command: Command,
  context: CommandContext,
  work: (client: ServiceClient, globals: GlobalOptions) => Promise<T>,
): Promise<T> {
  const globals = command.optsWithGlobals<GlobalOptions>();
  const client = await connect(globals, context);
  try {
    return await work(client, globals);
  } finally {
    client.close();
  }
}
