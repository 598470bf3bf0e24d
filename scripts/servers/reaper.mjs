// Cleans up behind a supervisor: waits until that process is gone, in whatever way, then ends what is left of its
// servers and removes their data. It is a process of its own so that kill -9 on the supervisor leaves nothing behind.
//
//   reaper.mjs {"folder": "…", "mysqlTool": "…"?, "mysqlPorts": […]}      stdin: a pipe from the supervisor
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from '../children/run-child.mjs';
import { mysqlToolMarker } from './mysql-tool.mjs';
import { findProcesses } from './processes.mjs';
import { unmountSmallDisks } from './small-disk.mjs';

const roundsMax = 20;
const pauseMs = 50;
const { folder, mysqlTool, mysqlPorts } = JSON.parse(process.argv[2]);

process.stdin.resume();
process.stdin.once('close', () => void cleanUp());
// Only the supervisor's end ends this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

async function cleanUp() {
  const mysqlWiped = mysqlTool !== undefined && mysqlPorts.length > 0 ? wipeMysql() : undefined;
  await removeFolder();
  await mysqlWiped;
  // stdin is closed and no timer left, but the streams we were given may keep us: say that we are done.
  process.exit(0);
}

async function removeFolder() {
  for (let round = 0; round < roundsMax; round += 1) {
    await killAll(`--datadir=${folder}/`);
    await unmountSmallDisks(folder);
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch {
      // A process that was being born when we looked has written once more; it is found the next time.
      await sleep(pauseMs);
    }
  }
}

/**
 * A server that was still being initialised has no pid file for the tool to go by, and writes while it lives; so the
 * tool's word counts only if nobody was left to contradict it.
 */
async function wipeMysql() {
  for (let round = 0; round < roundsMax; round += 1) {
    const { exitCode } = await runChild(mysqlTool, ['wipe', ...mysqlPorts.map(String)], { capture: true });
    const left = await Promise.all(mysqlPorts.map((port) => killAll(mysqlToolMarker(port))));
    if (exitCode === 0 && !left.some(Boolean)) return;
  }
}

/** Kills every process with `marker` among its arguments and waits until none is left; says whether there were any. */
async function killAll(marker) {
  for (let round = 0; ; round += 1) {
    const pids = findProcesses(marker);
    if (pids.length === 0) return round > 0;
    for (const pid of pids) tryKill(pid);
    await sleep(pauseMs);
  }
}

function tryKill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
