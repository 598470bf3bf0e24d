import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** How a program ended, and all that it said. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * Runs a built program to its end.
 *
 * @param program under `dist`, such as `tools/sim/main.js`
 * @param env its whole environment; by default that of the tests
 */
export function runBuilt(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const main = resolve(__dirname, '../../dist', program);
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--no-warnings', main, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (output += part.toString()));
    child.once('error', fail);
    child.once('close', (exitCode) => {
      done({ exitCode, output });
    });
  });
}
