import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { runChild } from '../children/run-child.mjs';
import { mysqlVersion, waitForAnswer } from './answers.mjs';
import { findCommand } from './find-command.mjs';
import { findProcesses } from './processes.mjs';
import { endOnStop } from './server-process.mjs';

/**
 * Debian packages no MySQL 9. Where a command that runs one is at hand (`install`, `start PORT…`, `wipe PORT…`), it is
 * used; its servers are in sessions of their own, so the reaper ends them.
 */
export function findMysqlTool() {
  const places = [
    process.env.HOTSPLIT_MYSQL_SERVER_TOOL,
    join(dirname(repositoryRoot), 'shared', 'tools', 'mysql-server'),
  ];
  return places.find((file) => file && existsSync(file));
}

export function mysqlToolMarker(port) {
  return `--datadir=/var/lib/mysql-${port}`;
}

export async function startMysqlByTool({ tool, ports, bufferPool, serverOptions = [], report }) {
  await install(tool, report);
  const start = async (some) => {
    const { exitCode, output } = await runChild(tool, ['start', ...some.map(String)], {
      env: {
        ...process.env,
        MYSQL_BUFFER_POOL: bufferPool,
        MYSQL_SERVER_ARGS: [process.env.MYSQL_SERVER_ARGS ?? '', ...serverOptions].join(' ').trim(),
      },
      capture: true,
      // Or it would go on starting servers behind the back of the reaper.
      onStart: endOnStop,
    });
    if (exitCode !== 0) throw new Error(output.trim() || `${tool} start ended with ${exitCode}`);
    return Promise.all(some.map((port) => answering(port)));
  };
  const started = await start(ports);
  return started.map(({ port, pid, version }) => ({
    port,
    pid,
    version,
    url: `mysql://root@127.0.0.1:${port}`,
    startAgain: async () => (await start([port]))[0].pid,
  }));
}

async function answering(port) {
  const version = await waitForAnswer(() => mysqlVersion({ port }), { what: `MySQL on port ${port}` });
  return { port, pid: findProcesses(mysqlToolMarker(port))[0], version };
}

/**
 * May take minutes, once a machine. Not cut short if the tests are: half an installation is of no use to the next run.
 * flock's lock is inherited by all that the tool starts, so a second run waits for the first.
 */
async function install(tool, report) {
  const flock = findCommand('flock');
  const [command, ...args] = [
    ...(flock ? [flock, join(tmpdir(), 'hotsplit-mysql-install.lock')] : []),
    tool,
    'install',
  ];
  const slow = setTimeout(() => report('MySQL 9 is being installed (minutes, once a machine) …'), 2_000);
  const { exitCode, output } = await runChild(command, args, { capture: true, toTheEnd: true });
  clearTimeout(slow);
  if (exitCode !== 0) throw new Error(output.trim() || `${tool} install ended with ${exitCode}`);
}
