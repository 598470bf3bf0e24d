import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunRecord } from '../../bench/report/run-record';

/** What `--json` writes. */
export interface BenchReport {
  readonly machine: { readonly databases: readonly string[] };
  readonly commit: string;
  readonly runs: readonly RunRecord[];
  readonly ratios: Readonly<Record<string, number>>;
}

export interface BenchRun {
  readonly exitCode: number | null;
  readonly output: string;
  readonly report: BenchReport;
}

/** Runs a scenario as `npm run bench -- <args>` does, on the servers of the tests. */
export async function runBench(...args: readonly string[]): Promise<BenchRun> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-bench-test-'));
  const file = join(folder, 'report.json');
  try {
    const { exitCode, output } = await run([...args, '--json', file]);
    if (exitCode !== 0) throw new Error(`bench ${args.join(' ')} ended with ${exitCode}:\n${output}`);
    return { exitCode, output, report: JSON.parse(readFileSync(file, 'utf8')) as BenchReport };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  const main = resolve(__dirname, '../../dist/bench/main.js');
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--no-warnings', main, ...args], {
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
