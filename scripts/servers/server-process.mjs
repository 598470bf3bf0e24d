import { closeSync, openSync, readFileSync } from 'node:fs';
import { spawnTied } from '../children/tied.mjs';

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
