import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../children/run-child.mjs';
import { mysqlVersion, waitForAnswer } from './answers.mjs';
import { bringCommands } from './bring-commands.mjs';
import { commonMysqlOptions, runAs } from './mysql-options.mjs';
import { startServerProcess } from './server-process.mjs';

export function bringMariadb(report) {
  return bringCommands({
    product: 'MariaDB',
    commands: ['mariadbd', 'mariadb-install-db'],
    debianPackage: 'mariadb-server',
    report,
  });
}

/** Starts a MariaDB on each port; user root, no password. One data folder is made and copied, which is faster. */
export async function startMariadb({ commands, ports, folder, bufferPool }) {
  const template = join(folder, 'mariadb-template');
  const { exitCode, output } = await runChild(
    commands['mariadb-install-db'],
    [
      '--no-defaults',
      `--datadir=${template}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...runAs(),
    ],
    { capture: true },
  );
  if (exitCode !== 0) throw new Error(`mariadb-install-db failed:\n${output.trimEnd()}`);
  return Promise.all(
    ports.map(async (port) => {
      const dataFolder = join(folder, `mariadb-${port}`);
      cpSync(template, dataFolder, { recursive: true });
      const socket = join(dataFolder, 's.sock');
      const options = [
        '--no-defaults',
        `--datadir=${dataFolder}`,
        `--socket=${socket}`,
        '--innodb-log-file-size=512M',
      ];
      const { pid, whyEnded } = startServerProcess(
        commands.mariadbd,
        [...options, ...commonMysqlOptions({ port, bufferPool })],
        { logFile: join(folder, `mariadb-${port}.log`) },
      );
      const version = await waitForAnswer(() => mysqlVersion({ port }), {
        what: `MariaDB on port ${port}`,
        whyEnded,
      });
      return { port, socket, pid, version, url: `mysql://root@127.0.0.1:${port}` };
    }),
  );
}
