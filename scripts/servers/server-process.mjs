import { closeSync, openSync, readFileSync } from 'node:fs';
import { spawnTied } from '../children/tied.mjs';
import { waitForAnswer } from './answers.mjs';

const logLinesMax = 15;
const running = new Set();

/** Starts a server that writes to `logFile` and dies with this process; `whyEnded()` is set once it has ended. */
export function startServerProcess(command, args, { logFile, env }) {
  const log = openSync(logFile, 'a');
  const child = spawnTied(command, args, { stdio: ['ignore', log, log], env });
  closeSync(log);
  endOnStop(child);
  let reason;
  child.once('error', (error) => (reason = error.message));
  child.once('exit', (code, signal) => {
    reason ??= `ended with ${signal ?? code}\n${logTail(logFile)}`;
  });
  return { pid: child.pid, whyEnded: () => reason };
}

/**
 * Starts a server and waits until it answers: {pid, version}, and `startAgain()`, which starts it in its place once it has
 * ended and answers its pid.
 *
 * @param askVersion answers the server's version as soon as it answers at all
 */
export async function startAnswering({ what, command, args, logFile, askVersion }) {
  const start = async () => {
    const { pid, whyEnded } = startServerProcess(command, args, { logFile });
    const version = await waitForAnswer(askVersion, { what, whyEnded });
    return { pid, version };
  };
  return { ...(await start()), startAgain: async () => (await start()).pid };
}

/** Counts a child among those that killServerProcesses ends. */
export function endOnStop(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Ends all of them without ceremony: their data are about to be removed. */
export function killServerProcesses() {
  for (const child of running) child.kill('SIGKILL');
}

function logTail(logFile) {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-logLinesMax).join('\n');
}
