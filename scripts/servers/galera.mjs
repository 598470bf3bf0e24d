import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../children/run-child.mjs';
import { waitForAnswer } from './answers.mjs';
import { bringCommands, bringFile } from './bring-commands.mjs';
import { installMariadb } from './mariadb.mjs';
import { ownTmpdir } from './mysql-options.mjs';
import { startServerProcess } from './server-process.mjs';

/** Where Debian and Ubuntu put Galera's library. */
const provider = '/usr/lib/galera/libgalera_smm.so';

/** For clients; between the nodes; for what a node missed; for the whole of the data. */
export const galeraPortsPerNode = 4;

export async function bringGalera(report) {
  const commands = await bringCommands({
    product: 'MariaDB',
    commands: ['mariadbd', 'mariadb-install-db', 'mariadb'],
    debianPackage: 'mariadb-server',
    report,
  });
  await bringFile({ product: 'Galera', file: provider, debianPackage: 'galera-4', report });
  await bringCommands({ product: 'rsync', commands: ['rsync'], debianPackage: 'rsync', report });
  return commands;
}

/**
 * Starts one Galera cluster; user root, no password. The nodes come one after the other, because each gets its data from one that
 * is in sync. One that has ended can be started again and joins the others, with what it missed: `startAgain()`.
 *
 * @param suspectSeconds after how long a silent node is expelled by the others; Galera's own default is 5
 */
export async function startGalera({ commands, ports, folder, bufferPool, suspectSeconds = 5 }) {
  // The nodes run as a user of their own.
  chmodSync(folder, 0o755);
  const template = await installMariadb({ commands, folder, name: 'galera', user: runAsMysql() });
  const nodes = [];
  for (let at = 0; at < ports.length; at += galeraPortsPerNode)
    nodes.push(ports.slice(at, at + galeraPortsPerNode));
  const everybody = nodes.map(([, group]) => `127.0.0.1:${group}`).join(',');
  const servers = [];
  for (const nodePorts of nodes) {
    const [port] = nodePorts;
    const dataFolder = join(folder, `galera-${port}`);
    await copyAsMysql(template, dataFolder);
    const start = (peers) =>
      startNode({ commands, nodePorts, dataFolder, folder, bufferPool, suspectSeconds, peers });
    const pid = await start(servers.length === 0 ? '' : everybody);
    servers.push({
      port,
      pid,
      url: `mysql://root@127.0.0.1:${port}`,
      startAgain: () => start(everybody),
    });
  }
  return servers;
}

async function startNode({ commands, nodePorts, dataFolder, folder, bufferPool, suspectSeconds, peers }) {
  const [port, group, incremental, whole] = nodePorts;
  const socket = join(dataFolder, 's.sock');
  const providerOptions = [
    `base_port=${group}`,
    `gmcast.listen_addr=tcp://127.0.0.1:${group}`,
    `ist.recv_addr=127.0.0.1:${incremental}`,
    `evs.suspect_timeout=PT${suspectSeconds}S`,
    'gcache.size=64M',
  ];
  const { pid, whyEnded } = startServerProcess(
    commands.mariadbd,
    [
      '--no-defaults',
      `--datadir=${dataFolder}`,
      `--socket=${socket}`,
      ownTmpdir(folder, port),
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--innodb-flush-log-at-trx-commit=1',
      `--innodb-buffer-pool-size=${bufferPool}`,
      '--innodb-log-file-size=64M',
      '--max-connections=500',
      '--binlog-format=ROW',
      '--innodb-autoinc-lock-mode=2',
      '--wsrep-on=ON',
      `--wsrep-provider=${provider}`,
      '--wsrep-cluster-name=hotsplit-test',
      `--wsrep-cluster-address=gcomm://${peers}`,
      '--wsrep-node-address=127.0.0.1',
      `--wsrep-node-incoming-address=127.0.0.1:${port}`,
      '--wsrep-sst-method=rsync',
      `--wsrep-sst-receive-address=127.0.0.1:${whole}`,
      `--wsrep-provider-options=${providerOptions.join(';')}`,
      ...runAsMysql(),
    ],
    { logFile: join(folder, `galera-${port}.log`) },
  );
  await waitForAnswer(() => synced({ commands, socket }), { what: `Galera node on port ${port}`, whyEnded });
  return pid;
}

async function synced({ commands, socket }) {
  const { output } = await runChild(
    commands.mariadb,
    [
      '--no-defaults',
      '-uroot',
      `--socket=${socket}`,
      '-N',
      '-e',
      `SHOW STATUS LIKE 'wsrep_local_state_comment'`,
    ],
    { capture: true },
  );
  return output.includes('Synced') ? true : undefined;
}

/** The transfer of data to a node that runs as root is refused by rsync. */
function runAsMysql() {
  return process.getuid?.() === 0 ? ['--user=mysql'] : [];
}

async function copyAsMysql(from, to) {
  cpSync(from, to, { recursive: true });
  if (process.getuid?.() !== 0) return;
  const { exitCode, output } = await runChild('chown', ['-R', 'mysql', to], { capture: true });
  if (exitCode !== 0) throw new Error(output.trim());
}
