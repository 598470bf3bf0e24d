import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BenchReport, runBench } from '../setup/run-bench';

const SHORT = ['--rounds', '1', '--seconds', '0.5', '--in-flight', '64'];

describe('[sqlite] npm run bench -- hot', () => {
  let folder: string;
  let report: BenchReport;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-bench-docs-'));
    copyFileSync(resolve(__dirname, '../../docs/benchmarks.md'), join(folder, 'benchmarks.md'));
    ({ report } = await runBench('hot', '--store', 'sqlite', ...SHORT, '--docs', folder));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('measures every door beside its yardsticks', () => {
    expect(report.runs.map(({ name }) => name)).toEqual([
      ...['merged', 'bulk-insert', 'atomic', 'merged-no-feed'],
      ...['http-noop', 'http', 'http-batch', 'client', 'grpc-batch', 'grpc-stream'],
    ]);
    for (const run of report.runs) {
      expect(run).toMatchObject({ store: 'sqlite', audit: 'balanced', errors: 0 });
      // How much is done in half a second is the machine's affair.
      expect(run.ops).toBeGreaterThanOrEqual(0);
    }
    expect(Object.keys(report.ratios)).toEqual([
      ...['sqlite merged @64 / bulk-insert', 'sqlite merged @64 / atomic'],
      'sqlite merged @64 / merged-no-feed',
      'sqlite http @64 / http-noop',
    ]);
  });

  it('writes what it measured into the page, and into nothing else of it', () => {
    const before = readFileSync(resolve(__dirname, '../../docs/benchmarks.md'), 'utf8');
    const after = readFileSync(join(folder, 'benchmarks.md'), 'utf8');
    expect(after).not.toBe(before);
    expect(around(after)).toBe(around(before));
    for (const { name } of report.runs) expect(after).toContain(`| \`${name}\``);
    expect(existsSync(join(folder, 'hot.svg')) && existsSync(join(folder, 'hot.json'))).toBe(true);
  });
});

describe('[mariadb] npm run bench -- hot', () => {
  it('has a yardstick that locks its row, and shards that share servers', async () => {
    const { report } = await runBench('hot', '--store', 'mariadb-4', '--door', 'process', ...SHORT);
    expect(report.runs.map(({ name, shards, audit }) => ({ name, shards, audit }))).toEqual(
      ['merged', 'bulk-insert', 'atomic', 'pessimistic', 'merged-no-feed'].map((name) => ({
        ...{ name, shards: 4, audit: 'balanced' },
      })),
    );
  });
});

/** The page without what stands between the scenario's marks. */
function around(page: string): string {
  const [from, to] = ['<!-- measured: written by npm run bench -- hot', '<!-- end of what was measured -->'];
  const start = page.indexOf(from);
  return page.slice(0, page.indexOf('\n', start)) + page.slice(page.indexOf(to, start));
}
