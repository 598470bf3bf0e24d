import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { spawnTied } from './tied.mjs';

/**
 * Runs a command to its end. Answers {exitCode, output}: `output` is filled (stdout and stderr as they came) with
 * {capture: true}; otherwise the child has this process's own streams. Rejects only if it cannot be started.
 * The child dies with this process, unless it is something that should not be cut short: {toTheEnd: true}.
 */
export function runChild(
  command,
  args,
  { cwd, env, capture = false, toTheEnd = false, onStart = () => {} } = {},
) {
  return new Promise((resolve, reject) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = toTheEnd
      ? spawn(command, args, { cwd, env, stdio, detached: true })
      : spawnTied(command, args, { cwd, env, stdio });
    let output = '';
    for (const stream of capture ? [child.stdout, child.stderr] : []) {
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    }
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ exitCode: exitCodeOf(code, signal), output }));
    onStart(child);
  });
}

/** A shell's convention: a process ended by a signal counts as 128 + the signal's number. */
export function exitCodeOf(code, signal) {
  return signal ? 128 + constants.signals[signal] : code;
}
