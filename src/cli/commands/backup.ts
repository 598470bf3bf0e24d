import type { Command } from 'commander';
import type { BackupFile, Manifest } from '../../backup/manifest';
import { type CommandContext, globalsOf } from '../command-context';
import { folderOption, installationOf, SETTINGS_HELP } from '../service/installation';
import type { Fields } from '../terminal/columns';
import { wholeNumber } from '../terminal/option-parsers';
import { showProgress } from '../terminal/progress';
import { grouped } from '../terminal/tables';
import { untilSignal } from '../terminal/until-signal';
import { readVersion } from '../version';

interface BackupOptions {
  readonly to: string;
  readonly fenceSeconds: number;
}

export function addBackupCommand(program: Command, context: CommandContext): void {
  program
    .command('backup')
    .description('copy all shards and the directory as they are at one moment, while they are in use')
    .addOption(folderOption('--to <folder>', 'a new or empty folder'))
    .option(
      '--fence-seconds <n>',
      'how long to try for the moment in which nobody writes; each try keeps writers waiting for a second at most',
      wholeNumber(1, 3_600),
      60,
    )
    .addHelpText('after', SETTINGS_HELP)
    .action((options: BackupOptions, command: Command) => backup(options, command, context));
}

async function backup(
  { to, fenceSeconds }: BackupOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { json, show } = globalsOf(command, context);
  const installation = await installationOf(context);
  const { takeBackup } = await import('../../backup/take-backup.js');
  const stage = showProgress({ ...context, json })({ label: 'copying', unit: 'rows and pages', total: 0 });
  const manifest = await untilSignal((stop) =>
    takeBackup({
      installation,
      folder: to,
      version: readVersion(),
      fenceSecondsMax: fenceSeconds,
      signal: stop.signal,
      progress: (done, total) => {
        stage.reached(done, total);
      },
    }),
  ).finally(() => {
    stage.end();
  });
  show.one({ folder: to, ...manifest }, summary(to, manifest));
}

function summary(folder: string, { marker, shards, databases, installation }: Manifest): Fields {
  const bytes = databases
    .flatMap((database): readonly BackupFile[] =>
      database.kind === 'sqlite' ? [database.file] : database.tables,
    )
    .reduce((sum, file) => sum + file.bytes, 0);
  return {
    'backed up to': folder,
    installation,
    shards: shards.map(({ name }) => name).join(', '),
    moment: marker.fencedAt,
    'writers waited': `${marker.fenceMs} ms at most`,
    bytes: grouped(bytes),
  };
}
