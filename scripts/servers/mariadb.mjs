import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../children/run-child.mjs';
import { mysqlVersion } from './answers.mjs';
import { bringCommands } from './bring-commands.mjs';
import { mountSmallDisk } from './small-disk.mjs';
import { commonMysqlOptions, ownTmpdir, runAs } from './mysql-options.mjs';
import { startAnswering } from './server-process.mjs';

export function bringMariadb(report) {
  return bringCommands({
    product: 'MariaDB',
    commands: ['mariadbd', 'mariadb-install-db'],
    debianPackage: 'mariadb-server',
    report,
  });
}

/** Makes a data folder for MariaDBs to begin with: user root, no password. @returns its path */
export async function installMariadb({ commands, folder, name, user }) {
  const template = join(folder, `${name}-template`);
  const { exitCode, output } = await runChild(
    commands['mariadb-install-db'],
    [
      '--no-defaults',
      `--datadir=${template}`,
      ownTmpdir(folder, name),
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...user,
    ],
    { capture: true },
  );
  if (exitCode !== 0) throw new Error(`mariadb-install-db failed:\n${output.trimEnd()}`);
  return template;
}

/**
 * Starts a MariaDB on each port; user root, no password. One data folder is made and copied, which is faster.
 *
 * Each can be started again in its place once it has ended: `startAgain()`. With `smallDiskMib` the last one has its
 * data on a disk of its own of that size, where this machine lets us mount one; `smallDisk` is its folder then.
 */
export async function startMariadb({
  commands,
  ports,
  folder,
  bufferPool,
  redoLog = '512M',
  smallDiskMib,
  serverOptions = [],
}) {
  const template = await installMariadb({ commands, folder, name: 'mariadb', user: runAs() });
  return Promise.all(
    ports.map(async (port, position) => {
      const dataFolder = join(folder, `mariadb-${port}`);
      const onSmallDisk = smallDiskMib !== undefined && position === ports.length - 1;
      const mounted = onSmallDisk && (await mountSmallDisk(dataFolder, smallDiskMib));
      cpSync(template, dataFolder, { recursive: true });
      const socket = join(dataFolder, 's.sock');
      const options = [
        '--no-defaults',
        `--datadir=${dataFolder}`,
        `--socket=${socket}`,
        ownTmpdir(folder, port),
        `--innodb-log-file-size=${redoLog}`,
      ];
      const server = await startAnswering({
        what: `MariaDB on port ${port}`,
        command: commands.mariadbd,
        args: [...options, ...commonMysqlOptions({ port, bufferPool }), ...serverOptions],
        logFile: join(folder, `mariadb-${port}.log`),
        askVersion: () => mysqlVersion({ port }),
      });
      return {
        port,
        socket,
        url: `mysql://root@127.0.0.1:${port}`,
        ...(mounted && { smallDisk: dataFolder }),
        ...server,
      };
    }),
  );
}
