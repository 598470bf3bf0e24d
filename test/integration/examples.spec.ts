import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ADMIN_KEY, type Page } from '../setup/rest-client';
import { ServiceProcess } from '../setup/service-process';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');
const PACKAGE = join(process.env['HOTSPLIT_TEST_DIST'] ?? join(ROOT, 'dist'), 'packages/client');
const LINES_MAX = 120;

interface Shown {
  readonly kind: string;
  readonly requestId: string;
  readonly amount: string;
}

/** The programs of examples/, with the client as users install it, against the service as `npm start` runs it. */
describe('[sqlite] the example', () => {
  let folder: string;
  let site: ServiceSite;
  let service: ServiceProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-examples-'));
    cpSync(join(ROOT, 'examples'), folder, {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
    const npm = async (...args: string[]): Promise<string> => {
      const env = { ...process.env, npm_config_cache: join(folder, '.npm') };
      return (await run('npm', args, { cwd: folder, env })).stdout;
    };
    const [{ filename }] = JSON.parse(await npm('pack', PACKAGE, '--json')) as [{ filename: string }];
    await npm('install', '--offline', '--no-audit', '--no-fund', join(folder, filename));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    site = await sqliteSites.make(4);
    service = await ServiceProcess.start(site);
  });

  afterEach(async () => {
    await service.end();
    await site.drop();
  });

  /** What the program prints as its last line; undefined when it ended by its own signal before. */
  async function play(example: string, env: Record<string, string> = {}): Promise<unknown> {
    const { stdout } = await run(process.execPath, ['--no-warnings', join(folder, example, 'main.ts')], {
      env: { PATH: process.env['PATH'], HOTSPLIT_URL: service.rest.url, HOTSPLIT_KEY: ADMIN_KEY, ...env },
    }).catch((error: unknown) => {
      const ended = error as { readonly signal?: string; readonly stdout: string };
      if (ended.signal !== 'SIGKILL') throw error;
      return ended;
    });
    return stdout === '' ? undefined : JSON.parse(stdout);
  }

  async function booked(account: string, kind: string): Promise<Shown[]> {
    const entries: Shown[] = [];
    for (let cursor = ''; ;) {
      const query = `kind=${kind}&limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { body } = await service.rest.get(`/v1/accounts/${account}/entries?${query}`);
      const page = body as unknown as Page<Shown>;
      entries.push(...page.items);
      if (page.nextCursor === undefined) return entries;
      cursor = page.nextCursor;
    }
  }

  const sum = (entries: readonly Shown[]): bigint =>
    entries.reduce((total, { amount }) => total + BigInt(amount), 0n);

  it('ad-billing charges each click once, though the job dies in the middle, and sees the budget run out', async () => {
    expect(await play('ad-billing', { CRASH_AFTER: '150' })).toBeUndefined();
    const again = (await play('ad-billing')) as Readonly<Record<string, unknown>>;
    expect(again).toMatchObject({ refused: 100, exhausted: ['campaign-7'], leftMinor: '0' });
    // The batch that was under way at the crash took effect or did not; the one before it was answered.
    expect(again['replayed']).toBeGreaterThanOrEqual(100);
    expect(Number(again['charged']) + Number(again['replayed'])).toBe(400);
    const charged = await booked('campaign-7', 'deduction');
    expect(new Set(charged.map(({ requestId }) => requestId)).size).toBe(400);
    expect(sum(charged)).toBe(10_000n);
  });

  it('llm-gateway takes the real cost once, though it dies between hold and confirm', async () => {
    expect(await play('llm-gateway', { CRASH_AFTER: '3' })).toBeUndefined();
    const { body } = await service.rest.get('/v1/accounts/team-research/balance');
    expect(body).toMatchObject({ held: String(3 * 20 + 15 * 200) });
    // 3 for each of the prompt's tokens, 15 for each of the hundred that come back.
    const cost = [7, 13, 20, 26, 33, 39].reduce((total, tokens) => total + 3 * tokens + 15 * 100, 0);
    expect(await play('llm-gateway')).toEqual({
      answered: 4,
      answeredBefore: 2,
      refused: 1,
      failed: 1,
      available: String(40_000 - cost),
      held: '0',
    });
    expect(sum(await booked('team-research', 'hold-confirmation'))).toBe(BigInt(cost));
  });

  it('streamer-tips credits each tip once while the account is split, and pays all of it out in one piece', async () => {
    const tips = Array.from({ length: 1_200 }, (_, n) => 100 + (n % 7) * 50).reduce((a, b) => a + b);
    const expected = { credited: 1_200, creditedBefore: 120, subAccounts: 16, leftMinor: '0' };
    expect(await play('streamer-tips')).toEqual({ ...expected, paidMinor: String(tips) });
    expect(sum(await booked('streamer-42', 'credit'))).toBe(BigInt(tips));
    expect(await booked('streamer-42', 'deduction')).toEqual([
      expect.objectContaining({ requestId: 'payout-evening-1', amount: String(tips) }),
    ]);
  });
});

it('every example is one file that can be read at a sitting, and has a page', () => {
  const examples = readdirSync(join(ROOT, 'examples'), { withFileTypes: true });
  for (const { name } of examples.filter((each) => each.isDirectory() && each.name !== 'node_modules')) {
    expect(readdirSync(join(ROOT, 'examples', name)).sort()).toEqual(['README.md', 'main.ts']);
    expect(linesOf(join(ROOT, 'examples', name, 'main.ts'))).toBeLessThan(LINES_MAX);
  }
});

function linesOf(file: string): number {
  return readFileSync(file, 'utf8').split('\n').length;
}
