import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, runBuilt } from '../setup/run-built';

/** `npm run sim` runs more seeds with more calls, and the nightly workflow thousands. */
const SEEDS = 60;
const CALLS = 250;

/** Each is found by one of the first few seeds, whatever the weather: what is left to thousands of seeds is not here. */
const DEFECTS_FOUND_SOON = [
  'refuse-before-look-up',
  'no-unique-index',
  'fingerprint-without-kind',
  'acknowledge-before-commit',
  'past-home-not-asked',
  'transfer-arrives-twice',
  'refused-by-home-alone',
  'in-transit-not-counted',
  'breaker-stays-open',
  'lease-key-twice',
];

/** What `npm run sim -- --json` writes. */
interface Report {
  readonly seeds: number;
  readonly calls: number;
  readonly violations: readonly unknown[];
  readonly coverage: Readonly<Record<string, number>>;
  /** `<seed> <checksum>` */
  readonly checksums: readonly string[];
}

/** The simulation that anyone can start with `npm run sim`, with fewer and shorter seeds. Needs no server. */
describe('the simulation', () => {
  let report: Report;
  let ended: Ended;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-sim-test-'));
    const file = join(folder, 'report.json');
    ended = await sim('--seeds', SEEDS, '--calls', CALLS, '--json', file);
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds nothing wrong in many worlds', () => {
    expect(report.violations).toEqual([]);
    expect(report.seeds).toBe(SEEDS);
    expect(report.calls).toBeGreaterThan(SEEDS * CALLS);
    expect(ended).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('nothing is wrong') as string,
    });
  });

  it('has had worlds in which things break', () => {
    const marks = Object.keys(report.coverage);
    expect(marks).toEqual(
      expect.arrayContaining([
        ...[
          'blow kill',
          'blow stall',
          'blow shardAway',
          'blow cutOff',
          'blow clockJump',
          'blow death at a point',
        ],
        ...['fault commit late', 'fault commit outcomeUnknown', 'fault answer outcomeUnknown'],
        ...['lease answered', 'lease deduction lost with its instance', 'lease recalled for funds'],
        ...[
          'answer insufficientFunds',
          'answer replayed',
          'transferIn alreadyArrived',
          'point resize.activated',
        ],
      ]),
    );
  });

  it('finds nothing wrong in the worlds of seeds that once found something', async () => {
    expect(await sim('--kept')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('nothing is wrong') as string,
    });
  });

  it('runs a seed the same way again, line for line, also beside others', async () => {
    const [first, again] = [await replay(3), await replay(3)];
    expect(first.output.split('\n').length).toBeGreaterThan(CALLS);
    expect(again.output).toBe(first.output);
    const checksum = report.checksums.find((line) => line.startsWith('3 '))?.split(' ')[1];
    expect(checksum).toMatch(/^\d+:[\da-f]{8}$/);
    expect(first.output).toContain(`trace ${checksum}`);
    expect((await replay(4)).output).not.toContain(`trace ${checksum}`);
  });

  it('finds defects that are built into the product', async () => {
    const { exitCode, output } = await sim('--defects', ...DEFECTS_FOUND_SOON, '--defect-seeds', 10);
    const found = [...output.matchAll(/^([\w-]+): .*: found by seed \d+/gm)].map(([, name]) => name);
    expect(found.sort()).toEqual([...DEFECTS_FOUND_SOON].sort());
    expect(exitCode).toBe(0);
  });

  it('says so, and how, when a defect is not found', async () => {
    // A key that is used for something else takes a second call.
    const { exitCode, output } = await sim(
      '--defects',
      'reused-told-once',
      '--defect-seeds',
      1,
      '--calls',
      1,
    );
    expect(output).toMatch(/^reused-told-once: .*: NOT FOUND in 1 seeds$/m);
    expect(exitCode).toBe(1);
  });
});

function replay(seed: number): Promise<Ended> {
  return sim('--seed', seed, '--calls', CALLS, '--trace');
}

/** As `npm run sim -- <args>` runs it. */
function sim(...args: readonly (string | number)[]): Promise<Ended> {
  return runBuilt('tools/sim/main.js', args.map(String), { PATH: process.env['PATH'] });
}
