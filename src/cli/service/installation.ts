import { Option } from 'commander';
import type { Installation } from '../../backup/installation';
import type { CommandContext } from '../command-context';

/** Where an installation keeps its money, by the settings of its service, which are to be in this command's environment. */
export async function installationOf({ env }: CommandContext): Promise<Installation> {
  // Loaded here: most commands know nothing of settings, and start sooner without them.
  const { readSettings } = await import('../../platform/settings.js');
  const { shardAddresses: shards, directoryLocation: directory, dataDir } = readSettings(env);
  return { shards, directory, dataDir };
}

export const SETTINGS_HELP =
  '\nThe databases are those of HOTSPLIT_SHARDS, HOTSPLIT_DIRECTORY and HOTSPLIT_DATA_DIR: run the command in the\n' +
  'environment of the service. It talks to the databases and needs no running service.\n';

export function folderOption(flags: string, description: string): Option {
  return new Option(flags, description).makeOptionMandatory();
}
