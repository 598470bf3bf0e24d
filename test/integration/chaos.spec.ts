import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Report } from '../../tools/chaos/report/report';
import { RULES } from '../../tools/chaos/check/breach';
import { kindsFor } from '../../tools/chaos/faults/plan-rounds';

const SEED = 20_240_607;
/** Requests a second: half of what a run by name has. */
const RATE = '60';
const RUN_MS_MAX = 570_000;

/** The run that anyone can start with `npm run chaos -- --once`: every kind of fault, on servers of its own. */
describe('[mariadb] a short chaos run', () => {
  let report: Report;
  let output: string;
  let exitCode: number | null;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-chaos-test-'));
    const file = join(folder, 'report.json');
    ({ output, exitCode } = await chaos('--once', '--rate', RATE, '--seed', String(SEED), '--json', file));
    if (!existsSync(file)) throw new Error(`the run has made no report:\n${output.slice(-4_000)}`);
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    rmSync(folder, { recursive: true, force: true });
  });

  it('breaks nothing that must hold', () => {
    expect(report.breaches).toEqual([]);
    expect(report.broken).toEqual(Object.fromEntries(Object.keys(RULES).map((rule) => [rule, 0])));
    expect(report.audit).toEqual({ balanced: true, findings: [] });
    expect(report.verdict).toBe('clean');
    expect(exitCode).toBe(0);
  });

  it('has had every kind of fault once', () => {
    const smallDisk = report.skipped.some((what) => what.startsWith('disk full')) ? undefined : 2;
    const kinds = kindsFor({ smallDisk, clustered: false });
    expect(report.faults).toEqual(Object.fromEntries(kinds.map((kind) => [kind, 1])));
  });

  it('was served again after each round of faults', () => {
    expect(report.rounds.filter(({ acknowledgedAfter }) => acknowledgedAfter === 0)).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(report.rounds.length);
  });

  it('has learnt the fate of every key, and that of many had been unknown', () => {
    expect(report.resolution.unresolved).toBe(0);
    expect(report.resolution.indefinite).toBeGreaterThan(0);
  });

  it('was resized, leveled, frozen and audited meanwhile', () => {
    const accepted = Object.values(report.operator).reduce((sum, count) => sum + count.accepted, 0);
    expect(accepted).toBeGreaterThan(0);
  });

  it('says how it went, and how to have it again', () => {
    expect(output).toContain(`seed ${SEED}`);
    expect(output).toContain('Nothing is broken.');
  });
});

function chaos(...args: string[]): Promise<{ output: string; exitCode: number | null }> {
  const script = resolve(__dirname, '..', '..', 'scripts', 'chaos.mjs');
  return new Promise((done, fail) => {
    let output = '';
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (output += part.toString()));
    // Before Jest gives up on the hook, so that what it has said is seen.
    const tooLong = setTimeout(() => {
      child.kill('SIGTERM');
      fail(new Error(`the run has not ended within ${RUN_MS_MAX} ms:\n${output.slice(-4_000)}`));
    }, RUN_MS_MAX);
    child.once('error', fail);
    child.once('close', (exitCode) => {
      clearTimeout(tooLong);
      done({ output, exitCode });
    });
  });
}
