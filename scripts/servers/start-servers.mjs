import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const supervisorFile = fileURLToPath(new URL('supervisor.mjs', import.meta.url));

/**
 * Starts private servers in a fresh folder and answers {servers, stop()} once all of them answer; see supervisor.mjs
 * for the shape of `servers`. They end with this process at the latest, however it ends. The supervisor is in a
 * process group of its own, so a terminal's Ctrl-C does not reach it and it can clean up in order.
 */
export async function startServers({ mariadb = 0, redis = 0, mysql = 0, bufferPool = '256M' }) {
  const wanted = JSON.stringify({ mariadb, redis, mysql, bufferPool });
  const supervisor = spawn(process.execPath, [supervisorFile, wanted], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  supervisor.stdin.on('error', () => {});
  // "close" rather than "exit": it comes when the reaper, too, has let go of the supervisor's stdout.
  const cleanedUp = once(supervisor, 'close');
  const stop = async () => {
    supervisor.stdin.end();
    await cleanedUp;
  };
  const servers = await firstLine(supervisor);
  if (servers.error === undefined) return { servers, stop };
  await stop();
  throw new Error(servers.error);
}

async function firstLine(supervisor) {
  for await (const line of createInterface({ input: supervisor.stdout })) return JSON.parse(line);
  return { error: 'the servers were stopped before they were up' };
}
