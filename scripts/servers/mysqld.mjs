import { join } from 'node:path';
import { runChild } from '../children/run-child.mjs';
import { mysqlVersion } from './answers.mjs';
import { findCommand } from './find-command.mjs';
import { commonMysqlOptions, runAs } from './mysql-options.mjs';
import { startAnswering } from './server-process.mjs';

/** A `mysqld` of MySQL 9 or later on this machine. MariaDB installs itself under that name too, hence the question. */
export async function findMysqld() {
  const mysqld = findCommand('mysqld');
  if (!mysqld) return undefined;
  const { output } = await runChild(mysqld, ['--no-defaults', '--version'], { capture: true });
  const major = Number(/Ver (\d+)\./.exec(output)?.[1]);
  return !/mariadb/i.test(output) && major >= 9 ? mysqld : undefined;
}

/** Starts a MySQL on each port; user root, no password. Each can be started again in its place: `startAgain()`. */
export function startMysqld({ mysqld, ports, folder, bufferPool, serverOptions = [] }) {
  return Promise.all(
    ports.map(async (port) => {
      const dataFolder = join(folder, `mysql-${port}`);
      const base = ['--no-defaults', `--datadir=${dataFolder}`, ...runAs()];
      const { exitCode, output } = await runChild(mysqld, [...base, '--initialize-insecure'], {
        capture: true,
      });
      if (exitCode !== 0) throw new Error(`mysqld --initialize-insecure failed:\n${output.trimEnd()}`);
      const socket = join(folder, `mysql-${port}.sock`);
      const options = [
        `--socket=${socket}`,
        '--mysqlx=OFF',
        '--secure-file-priv=NULL',
        '--innodb-redo-log-capacity=512M',
      ];
      const server = await startAnswering({
        what: `MySQL on port ${port}`,
        command: mysqld,
        args: [...base, ...options, ...commonMysqlOptions({ port, bufferPool }), ...serverOptions],
        logFile: join(folder, `mysql-${port}.log`),
        askVersion: () => mysqlVersion({ port }),
      });
      return { port, socket, url: `mysql://root@127.0.0.1:${port}`, ...server };
    }),
  );
}
