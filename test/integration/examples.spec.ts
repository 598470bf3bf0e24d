import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../setup/eventually';
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

  it('llm-gateway takes what was streamed once, though it dies in the middle of an answer', async () => {
    expect(await play('llm-gateway', { CRASH_IN: '3' })).toBeUndefined();
    // 3 for each of the prompt's tokens, 15 for each that comes back: 200 at most, of which 100 come in two parts.
    const tokens = [7, 13, 20, 26, 33, 39];
    const held = 3 * 20 + 15 * 200 - (3 * 20 + 15 * 50);
    const { body } = await service.rest.get('/v1/accounts/team-research/balance');
    expect(body).toMatchObject({ held: String(held) });
    const cost = tokens.reduce((total, input, n) => total + 3 * input + 15 * (n === 2 ? 50 : 100), 0);
    expect(await play('llm-gateway')).toEqual({
      answered: 3,
      answeredBefore: 2,
      cutOff: 1,
      refused: 1,
      failed: 1,
      released: 1,
      available: String(40_000 - cost),
      held: '0',
    });
    expect(sum(await booked('team-research', 'hold-confirmation'))).toBe(BigInt(cost));
  });

  it('llm-gateway leaves nothing held for long when it never comes back', async () => {
    await service.rest.createAccount({ id: 'team-research', initialBalance: '40000' });
    const hold = { amount: '500', requestId: 'leaked', expiresInSeconds: 1 };
    expect((await service.rest.post('/v1/accounts/team-research/holds', hold)).status).toBe(201);
    await eventually('the leaked hold expires', async () => {
      const { body } = await service.rest.get('/v1/accounts/team-research/holds?status=held');
      return (body['items'] as unknown[]).length === 0 ? true : undefined;
    });
  });

  it('click-screening decides which clicks are charged, and keeps them waiting while it is not ready', async () => {
    const SCREENING_SECRET = 'a-secret-of-its-own';
    const ROBOTS_FILE = join(folder, 'robots.txt');
    const env = { PATH: process.env['PATH'], PORT: '0', ROBOTS_FILE, SCREENING_SECRET };
    const screening = spawn(process.execPath, ['--no-warnings', join(folder, 'click-screening', 'main.ts')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(screening.stdout, 'data')) as [Buffer];
      await service.end();
      service = await ServiceProcess.start({
        ...site,
        settings: {
          HOTSPLIT_SCREENING_URL: (JSON.parse(line.toString()) as { url: string }).url,
          HOTSPLIT_SCREENING_SECRET: SCREENING_SECRET,
          HOTSPLIT_SCREENING_MS_MAX: '10000',
        },
      });
      const { rest } = service;
      await rest.createAccount({ id: 'campaign-9', subAccounts: 4, initialBalance: '100' });
      const click = (requestId: string, metadata: Record<string, string>) => ({
        accountId: 'campaign-9',
        amount: '1',
        requestId,
        metadata,
      });
      const items = [
        click('robot', { agent: 'SomeBot/1.0' }),
        ...Array.from({ length: 20 }, (_, n) => click(`click-${n}`, { ip: `10.0.0.${n}`, agent: 'Mozilla' })),
      ];
      expect((await rest.post('/v1/deductions:batch', { items }, { prefer: 'respond-async' })).status).toBe(
        202,
      );
      const look = async (requestId: string) =>
        (await rest.get(`/v1/accounts/campaign-9/deductions/${requestId}`)).body;
      await eventually('a click that is to wait', async () => (await look('robot'))['screening']);
      writeFileSync(ROBOTS_FILE, 'SomeBot\nOtherBot\n');
      const states = await Promise.all(
        items.map(({ requestId }) =>
          eventually(`the end of ${requestId}`, async () => {
            const body = await look(requestId);
            return body['status'] === 'received' ? undefined : body;
          }),
        ),
      );
      expect(states[0]).toMatchObject({
        status: 'rejected',
        reason: 'SCREENED_OUT',
        screening: { verdict: 'reject', by: 'service', reason: 'robot: SomeBot' },
      });
      expect(states.slice(1).every(({ status }) => status === 'succeeded')).toBe(true);
      expect(await rest.available('campaign-9')).toBe(80n);
    } finally {
      screening.kill();
    }
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
