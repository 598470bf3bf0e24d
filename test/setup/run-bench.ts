import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord } from '../../tools/bench/report/run-record';
import { type Ended, runBuilt } from './run-built';

/** What `--json` writes. */
export interface BenchReport {
  readonly machine: { readonly databases: readonly string[] };
  readonly commit: string;
  readonly runs: readonly RunRecord[];
  readonly ratios: Readonly<Record<string, number>>;
}

export interface BenchRun extends Ended {
  readonly report: BenchReport;
}

/** Runs a scenario as `npm run bench -- <args>` does, on the servers of the tests. */
export async function runBench(...args: readonly string[]): Promise<BenchRun> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-bench-test-'));
  const file = join(folder, 'report.json');
  try {
    const { exitCode, output } = await runBuilt('tools/bench/main.js', [...args, '--json', file]);
    if (exitCode !== 0) throw new Error(`bench ${args.join(' ')} ended with ${exitCode}:\n${output}`);
    return { exitCode, output, report: JSON.parse(readFileSync(file, 'utf8')) as BenchReport };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
