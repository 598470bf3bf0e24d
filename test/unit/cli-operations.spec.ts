import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CliSession } from './cli-session';
import { ok, refused, type ScriptedAnswer, ScriptedService } from './cli-scripted-service';

let service: ScriptedService;
let cli: CliSession;

beforeEach(async () => {
  service = await ScriptedService.start();
  cli = new CliSession({ HOTSPLIT_URL: service.url, HOTSPLIT_KEY: 'secret' });
});

afterEach(async () => {
  await service.stop();
  cli.end();
});

const RESIZE = 'PUT /v1/admin/accounts/a/sub-accounts';
const SHOW = 'GET /v1/admin/operations/op-1';

const operation = (kind: string, further: object = {}) => ({
  operationId: 'op-1',
  kind,
  status: 'running',
  progress: { done: 0, total: 0 },
  createdAt: '2026-01-01T00:00:00.000Z',
  ...further,
});
const begun = (kind: string): ScriptedAnswer => ok(operation(kind), 202);
const running = (kind: string, done: number, total: number): ScriptedAnswer =>
  ok(operation(kind, { progress: { done, total } }));
const done = (kind: string, result: object): ScriptedAnswer =>
  ok(operation(kind, { status: 'done', progress: { done: 3, total: 3 }, result }));
const failed = (kind: string): ScriptedAnswer =>
  ok(
    operation(kind, { status: 'failed', error: { code: 'SHARD_UNAVAILABLE', detail: 'Shard s1 was away.' } }),
  );

describe('account resize', () => {
  it('waits until it is done, asking less and less often', async () => {
    service
      .on(RESIZE, begun('resize'))
      .on(
        SHOW,
        ...Array.from({ length: 12 }, (_, n) => running('resize', n % 3, 3)),
        done('resize', { subAccounts: 8, shards: ['s0', 's1'], epoch: 2 }),
      );
    const { exitCode, out } = await cli.run('account', 'resize', 'a', '--count', '8', '--shards', 's0,s1');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^status +done$/m);
    expect(out).toMatch(/^sub accounts +8$/m);
    expect(out).toMatch(/^shards +s0, s1$/m);
    expect(service.asked[0]).toMatchObject({ call: RESIZE, body: { count: 8, shards: ['s0', 's1'] } });
    expect(service.asked[0]?.headers['if-match']).toBeUndefined();
    expect(cli.pausesMs).toEqual([...cli.pausesMs].sort((a, b) => a - b));
    expect(Math.max(...cli.pausesMs)).toBe(1_000);
  });

  it('takes an ETag, with and without its quotes', async () => {
    service.on(RESIZE, refused(412, 'PRECONDITION_FAILED', 'The account has changed'));
    for (const revision of ['7', '"7"']) {
      const { exitCode, err } = await cli.run(
        'account',
        'resize',
        'a',
        '--count',
        '8',
        '--if-match',
        revision,
      );
      expect([exitCode, service.asked.at(-1)?.headers['if-match']]).toEqual([1, '"7"']);
      expect(err).toBe(
        'PRECONDITION_FAILED: The account has changed\nhint: it has changed since: look at it again, then decide\n',
      );
    }
  });

  it('does not wait when it is told so', async () => {
    service.on(RESIZE, begun('resize'));
    const shown = await cli.json('account', 'resize', 'a', '--count', '8', '--no-wait');
    expect(shown).toEqual({ exitCode: 0, ...operation('resize') });
    expect(service.calls).toEqual([RESIZE]);
  });

  it('says why it failed', async () => {
    service.on(RESIZE, begun('resize')).on(SHOW, failed('resize'));
    const { exitCode, err } = await cli.run('account', 'resize', 'a', '--count', '8');
    expect(exitCode).toBe(1);
    expect(err).toContain('SHARD_UNAVAILABLE: Shard s1 was away. (operation op-1)\n');
  });

  it('goes on through answers that are lost, and says what it waits for', async () => {
    service
      .on(RESIZE, begun('resize'))
      .on(SHOW, 'cut off', refused(503, 'SHARD_UNAVAILABLE'), running('resize', 1, 3), done('resize', {}));
    const { exitCode, err } = await cli.run('account', 'resize', 'a', '--count', '8');
    expect(exitCode).toBe(0);
    expect(err).toContain('resizing a: SHARD_UNAVAILABLE: No\n');
  });

  it('does not ask again what is refused for good', async () => {
    service.on(RESIZE, begun('resize')).on(SHOW, refused(403, 'PERMISSION_DENIED'));
    expect((await cli.run('account', 'resize', 'a', '--count', '8')).exitCode).toBe(1);
    expect(service.calls).toEqual([RESIZE, SHOW]);
  });

  it('does not wait for ever, and says how to go on', async () => {
    service.on(RESIZE, begun('resize')).on(SHOW, running('resize', 1, 3));
    const { exitCode, err } = await cli.run('account', 'resize', 'a', '--count', '8', '--wait-seconds', '5');
    expect(exitCode).toBe(1);
    expect(err).toContain(
      'NO_PROGRESS: not done after 5 s; it goes on, and hotsplit operation show op-1 tells how far it is\n',
    );
    expect(cli.pausesMs.reduce((sum, ms) => sum + ms, 0)).toBe(5_000);
  });

  it.each<[string, readonly ScriptedAnswer[]]>([
    ['between two looks', [running('resize', 1, 3)]],
    ['while an answer is awaited', ['never']],
  ])('ends cleanly on SIGINT %s; the operation goes on', async (_when, answers) => {
    service.on(RESIZE, begun('resize')).on(SHOW, ...answers);
    service.onAsked = ({ call }) => {
      if (call === SHOW) process.emit('SIGINT');
    };
    const before = process.listenerCount('SIGINT');
    expect(await cli.run('account', 'resize', 'a', '--count', '8')).toEqual({
      exitCode: 130,
      out: '',
      err: 'it goes on: hotsplit operation show op-1\n',
    });
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it.each([
    [[]],
    [['--count', '0']],
    [['--count', '1025']],
    [['--count', '1', '--shards', 's0,s1']],
    [['--count', '2', '--shards', 's0,s0']],
    [['--count', '2', '--shards', 's0,,s1']],
    [['--count', '2', '--if-match', 'x']],
    [['--count', '2', '--wait-seconds', '0']],
  ])('stops a slip before anything is sent: %j', async (options) => {
    const { exitCode, err } = await cli.run('account', 'resize', 'a', ...options);
    expect([exitCode, service.calls]).toEqual([1, []]);
    expect(err).not.toBe('');
  });
});

describe('account rebalance', () => {
  it('waits, and says how much was moved', async () => {
    service
      .on('POST /v1/admin/accounts/a/rebalance', begun('rebalance'))
      .on(SHOW, done('rebalance', { movedBetweenShards: '75' }));
    const { exitCode, out } = await cli.run('account', 'rebalance', 'a');
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/^moved between shards +75$/m)]);
  });
});

describe('account freeze, unfreeze and close', () => {
  it.each(['freeze', 'unfreeze', 'close'])('%s shows the account', async (verb) => {
    const account = {
      id: 'a',
      asset: 'USD/2',
      status: 'frozen',
      strategy: 'merged',
      subAccounts: 2,
      epoch: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
    };
    service.on(`POST /v1/accounts/a/${verb}`, ok(account));
    expect((await cli.run('account', verb, 'a')).out).toMatch(/^status +frozen$/m);
    expect(await cli.json('account', verb, 'a')).toEqual({ exitCode: 0, ...account });
    expect(service.asked.map(({ body }) => body)).toEqual([undefined, undefined]);
  });

  it('say what to do with an account that is not empty', async () => {
    service.on('POST /v1/accounts/a/close', refused(409, 'ACCOUNT_NOT_EMPTY', 'Only an empty one.'));
    const { exitCode, err } = await cli.run('account', 'close', 'a');
    expect([exitCode, err]).toEqual([
      1,
      'ACCOUNT_NOT_EMPTY: Only an empty one.\nhint: take out what it holds first: hotsplit account show ID\n',
    ]);
  });
});

describe('a hold', () => {
  it('that never was, and is cancelled, is said to have used up its id', async () => {
    const hold = {
      kind: 'hold',
      accountId: 'a',
      holdId: 'typo',
      status: 'cancelled',
      amount: '0',
      heldAmount: '0',
      shard: 's0',
      subAccount: 0,
      expiresAt: '2026-01-01T00:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
    };
    service.on('POST /v1/accounts/a/holds/typo/cancel', ok(hold));
    const { exitCode, out } = await cli.run('cancel', 'a', 'typo');
    expect([exitCode, out]).toEqual([0, expect.stringContaining('the id is used up')]);
  });

  it.each([
    [['--no-final', '--request-id', 'h'], { requestId: 'h', final: false }],
    [['--request-id', 'h'], { requestId: 'h' }],
    [['--request-id', 'first'], { requestId: 'first' }],
    [[], {}],
  ])('has a capture of its own id, its own or the hold’s: %j', async (options, sent) => {
    service.on('POST /v1/accounts/a/holds/h/confirm', refused(409, 'HOLD_ALREADY_CONFIRMED', 'Over.'));
    await cli.run('confirm', 'a', 'h', '100', ...options);
    expect(service.asked.at(-1)?.body).toEqual({ amount: '100', final: true, ...sent });
  });

  it.each([
    ['HOLD_ALREADY_CANCELLED', /hint: its id stays used/],
    ['HOLD_ALREADY_CONFIRMED', /hint: what was taken can be given back/],
  ])('refused with %s comes with a way out', async (code, hint) => {
    service.on('POST /v1/accounts/a/holds/h/confirm', refused(409, code, 'Over.'));
    expect((await cli.run('confirm', 'a', 'h')).err).toMatch(hint);
  });
});

describe('audit-log', () => {
  const chained = (lines: readonly object[]) => {
    let previousHash = '0'.repeat(64);
    return lines.map((line, index) => {
      const whole = { sequence: index + 1, previousHash, ...about, ...line };
      const text = JSON.stringify(
        Object.fromEntries(Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1))),
      );
      previousHash = createHash('sha256').update(text).digest('hex');
      return { ...whole, hash: previousHash };
    });
  };
  type Kept = ReturnType<typeof chained>[number];
  const about = {
    at: '2026-01-01T00:00:00.000Z',
    callId: 'c1',
    outcome: 'succeeded',
    actor: 'k1',
    address: '10.0.0.1',
    door: 'rest',
    action: 'freezeAccount',
  };
  const [first, second, third] = chained([{ target: 'a' }, { target: 'b' }, { target: 'c' }]) as [
    Kept,
    Kept,
    Kept,
  ];
  const serve = (...pages: readonly (readonly object[])[]): void => {
    pages.forEach((items, page) => {
      const cursor = page === 0 ? '' : `&cursor=p${page}`;
      const next = page < pages.length - 1 ? { nextCursor: `p${page + 1}` } : {};
      service.on(`GET /v1/admin/audit-log?limit=1000&order=asc${cursor}`, ok({ items, ...next }));
      service.on(`GET /v1/admin/audit-log?${cursor.slice(1)}&limit=1000&order=asc`, ok({ items, ...next }));
    });
  };

  it('list shows who did what', async () => {
    service.on('GET /v1/admin/audit-log?limit=50&actor=k1', ok({ items: [second, first] }));
    expect((await cli.run('audit-log', 'list', '--actor', 'k1')).out).toMatch(
      /2 .*k1 .*10\.0\.0\.1 .*freezeAccount .*b .*succeeded/,
    );
  });

  it('export writes every line as JSON', async () => {
    serve([first, second], [third]);
    const { out } = await cli.run('audit-log', 'export');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { target: string }).target),
    ).toEqual(['a', 'b', 'c']);
  });

  it('verify finds nothing wrong with what is as it was written, also without its beginning', async () => {
    serve([second, third]);
    const { exitCode, out } = await cli.run('audit-log', 'verify', '--hash', third.hash);
    expect(out).toContain('every line is as it was written');
    expect(exitCode).toBe(0);
  });

  it.each([
    ['a changed line', [first, { ...second, target: 'x' }, third], 'line 2: it was changed'],
    ['a missing line', [first, third], 'line 3: lines before it are missing'],
    [
      'another beginning',
      chained([{}, {}]).map((line, index) => (index === 0 ? first : line)),
      'line 2: the line before it was changed',
    ],
    [
      'what was changed beside a line',
      [first, { ...second, altered: true }, third],
      'line 2: what lists are',
    ],
    ['an end that was cut off', [first, second], 'no line has the hash that you know'],
  ])('verify finds %s', async (_what, lines, said) => {
    serve(lines);
    const { exitCode, out } = await cli.run('audit-log', 'verify', '--hash', third.hash);
    expect(out).toContain(said);
    expect(exitCode).toBe(1);
  });
});

describe('key', () => {
  const key = { keyId: 'k1', name: 'payer', scopes: ['deduct'], createdAt: '2026-01-01T00:00:00.000Z' };

  it('list shows all pages, and no secret', async () => {
    service.on('GET /v1/admin/keys?limit=500', ok({ items: [key], nextCursor: 'on' }));
    service.on(
      'GET /v1/admin/keys?cursor=on&limit=500',
      ok({ items: [{ ...key, keyId: 'k2', accounts: ['tenant-7:'] }] }),
    );
    const { exitCode, out } = await cli.run('key', 'list');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/k1 .*payer .*deduct .*all .*never/);
    expect(out).toMatch(/k2 .*tenant-7:…/);
  });

  it('create sends what was asked for, and shows the secret once', async () => {
    service.on('POST /v1/admin/keys', ok({ ...key, key: 'hs_secret' }, 201));
    const options = ['--scopes', 'deduct,read', '--accounts', 'a:,b:'];
    expect((await cli.run('key', 'create', 'payer', ...options)).out).toContain('hs_secret');
    expect(service.asked.at(-1)?.body).toEqual({
      name: 'payer',
      scopes: ['read', 'deduct'],
      accounts: ['a:', 'b:'],
    });
    const wrong = await cli.run('key', 'create', 'payer', '--scopes', 'deduct,writ');
    expect(wrong).toMatchObject({ exitCode: 1, err: expect.stringContaining('Scopes are read') as string });
  });

  it('change sends what is named, and takes limits away', async () => {
    service.on('PUT /v1/admin/keys/k1', ok(key));
    await cli.run('key', 'change', 'k1', '--scopes', 'read', '--accounts', 'a:');
    expect(service.asked.at(-1)?.body).toEqual({ scopes: ['read'], accounts: ['a:'] });
    expect((await cli.run('key', 'change', 'k1', '--all-accounts', '--never-expires')).out).toContain(
      'never',
    );
    expect(service.asked.at(-1)?.body).toEqual({ accounts: null, expiresAt: null });
    const both = await cli.run('key', 'change', 'k1', '--all-accounts', '--accounts', 'a:');
    expect(both).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('cannot be used with') as string,
    });
  });

  it('delete deletes', async () => {
    service.on('DELETE /v1/admin/keys/k1', { status: 204, body: undefined });
    expect(await cli.run('key', 'delete', 'k1')).toMatchObject({ exitCode: 0, out: 'deleted\n' });
  });
});

describe('account strategy', () => {
  const account = {
    id: 'a',
    asset: 'USD/2',
    status: 'active',
    strategy: 'atomic',
    subAccounts: 2,
    epoch: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
  };

  it('sends what was chosen, and the ETag if one is given, and shows the account', async () => {
    service.on('PUT /v1/admin/accounts/a/strategy', ok(account));
    expect((await cli.run('account', 'strategy', 'a', 'atomic')).out).toMatch(/^strategy +atomic$/m);
    const answer = await cli.json('account', 'strategy', 'a', 'atomic', '--if-match', '3');
    expect(answer).toEqual({ exitCode: 0, ...account });
    expect(service.asked.map(({ body, headers }) => [body, headers['if-match']])).toEqual([
      [{ strategy: 'atomic' }, undefined],
      [{ strategy: 'atomic' }, '"3"'],
    ]);
  });

  it('takes none that there is not, here and where an account is made', async () => {
    const { exitCode, err } = await cli.run('account', 'strategy', 'a', 'fastest');
    expect([exitCode, err]).toEqual([1, expect.stringContaining('merged, atomic') as string]);
    const made = await cli.run('account', 'create', 'a', '--asset', 'USD/2', '--strategy', 'fastest');
    expect(made.exitCode).toBe(1);
    expect(service.asked).toEqual([]);
  });
});

describe('account sub-accounts', () => {
  it('shows every row', async () => {
    const items = [
      { shard: 's0', index: 0, available: '90', held: '10', status: 'open' },
      { shard: 's1', index: 1, available: '0', held: '0', status: 'closed' },
    ];
    service.on('GET /v1/admin/accounts/a/sub-accounts', ok({ items }));
    const { out } = await cli.run('account', 'sub-accounts', 'a');
    expect(out).toMatch(/│ s0 +│ open +│ +0 │ +90 │ +10 │/);
    expect(out).toMatch(/│ s1 +│ closed +│ +1 │ +0 │ +0 │/);
    expect(await cli.json('account', 'sub-accounts', 'a')).toEqual({ exitCode: 0, items });
  });
});

describe('shard', () => {
  it('list shows them with where they are', async () => {
    const items = [
      { name: 's0', status: 'up', address: 'mysql://db:3306/s0' },
      { name: 's1', status: 'down' },
    ];
    service.on('GET /v1/admin/shards', ok({ items }));
    const { out } = await cli.run('shard', 'list');
    expect(out).toMatch(/│ s0 +│ up +│ mysql:\/\/db:3306\/s0 │/);
    expect(out).toMatch(/│ s1 +│ down +│ +│/);
    expect(await cli.json('shard', 'list')).toEqual({ exitCode: 0, items });
  });

  it('add sends what it was given and shows no password', async () => {
    const url = 'mysql://root:hunter2@db/s2';
    service.on(
      'POST /v1/admin/shards',
      ok({ name: 's2', status: 'up', address: 'mysql://db:3306/s2' }, 201),
      refused(409, 'SHARD_EXISTS'),
    );
    const added = await cli.run('shard', 'add', 's2', url);
    expect([added.exitCode, added.out.split('\n')[0]]).toEqual([0, 'added']);
    expect(service.asked[0]?.body).toEqual({ name: 's2', url });
    cli.input = `${url}\n`;
    const again = await cli.run('shard', 'add', 's2', '-');
    expect([again.exitCode, again.err.split(':')[0]]).toEqual([1, 'SHARD_EXISTS']);
    expect(JSON.stringify([added, again])).not.toContain('hunter2');
    expect((await cli.run('shard', 'add', 'a,b', url)).exitCode).toBe(1);
  });
});

describe('shard remove', () => {
  it('says that it is removed, or why it is not', async () => {
    service.on(
      'DELETE /v1/admin/shards/s2',
      ok(undefined, 204),
      ok(undefined, 204),
      refused(409, 'SHARD_IN_USE'),
    );
    expect(await cli.run('shard', 'remove', 's2')).toMatchObject({ exitCode: 0, out: 'removed\n' });
    expect(await cli.json('shard', 'remove', 's2')).toEqual({ exitCode: 0, name: 's2', removed: true });
    const used = await cli.run('shard', 'remove', 's2');
    expect([used.exitCode, used.err.split(':')[0]]).toEqual([1, 'SHARD_IN_USE']);
  });
});

describe('operation show', () => {
  it('shows how far it is, or why it failed', async () => {
    service.on(SHOW, running('resize', 1, 3), failed('resize'), refused(404, 'OPERATION_NOT_FOUND'));
    expect((await cli.run('operation', 'show', 'op-1')).out).toMatch(/^progress +1 of 3$/m);
    const { exitCode, out } = await cli.run('operation', 'show', 'op-1');
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/^error +SHARD_UNAVAILABLE: Shard s1/m)]);
    expect((await cli.run('operation', 'show', 'op-1')).exitCode).toBe(1);
  });
});

describe('audit', () => {
  const AUDIT = 'POST /v1/admin/audits';
  const balanced = { balanced: true, accounts: 1_200, subAccounts: 4_800, entries: 90_000, findings: [] };
  const finding = {
    invariant: 'netIsSumOfEntries',
    accountId: 'a',
    shard: 's0',
    subAccount: 3,
    detail: 'net',
    expected: '100',
    found: '99',
  };
  const broken = { ...balanced, balanced: false, findings: [finding], findingsCount: 1 };

  it('that balances exits with 0 and a line', async () => {
    service.on(AUDIT, begun('audit')).on(SHOW, running('audit', 600, 1_200), done('audit', balanced));
    expect(await cli.run('audit')).toMatchObject({
      exitCode: 0,
      out: 'balanced: 1,200 accounts, 4,800 sub-accounts, 90,000 entries\n',
    });
  });

  it('that does not exits with 1, a table and a report', async () => {
    service.on(AUDIT, begun('audit')).on(SHOW, done('audit', broken));
    const file = cli.file('report.json');
    const { exitCode, out } = await cli.run('audit', '--report', file);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/│ netIsSumOfEntries │ a +│ s0\/3 +│ net +│ +100 │ +99 │/);
    expect(out).toMatch(/\nNOT BALANCED: 1 findings in 1,200 accounts, .*\n$/);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ operationId: 'op-1', ...broken });
    expect(await cli.json('audit')).toEqual({ exitCode: 1, operationId: 'op-1', ...broken });
  });

  it('that has too many findings to show says so', async () => {
    const findings = Array.from({ length: 250 }, () => finding);
    service.on(AUDIT, begun('audit')).on(SHOW, done('audit', { ...broken, findings, findingsCount: 9_000 }));
    const { out } = await cli.run('audit');
    expect(out).toContain(
      '\nand 8,900 more; --report FILE has the first 250\nNOT BALANCED: 9,000 findings in ',
    );
  });

  it.each<[string, ScriptedAnswer, ScriptedAnswer]>([
    ['fails', begun('audit'), failed('audit')],
    ['is refused', refused(403, 'PERMISSION_DENIED'), failed('audit')],
    ['is lost sight of', begun('audit'), refused(404, 'OPERATION_NOT_FOUND')],
  ])('that %s exits with 2', async (_what, first, then) => {
    service.on(AUDIT, first).on(SHOW, then);
    expect(await cli.json('audit')).toMatchObject({
      exitCode: 2,
      error: { code: expect.any(String) as string },
    });
  });

  it('that cannot be asked for, or written down, exits with 2', async () => {
    expect((await cli.run('audit', '--jsno')).exitCode).toBe(2);
    expect((await cli.run('audit', '--url', 'http://127.0.0.1:1')).exitCode).toBe(2);
    service.on(AUDIT, begun('audit')).on(SHOW, done('audit', balanced));
    const { exitCode, out, err } = await cli.run('audit', '--json', '--report', cli.file('none/report.json'));
    expect([exitCode, JSON.parse(out)]).toEqual([2, { operationId: 'op-1', ...balanced }]);
    expect(err).toContain('ENOENT');
  });

  it('that is interrupted exits as signals do', async () => {
    service.on(AUDIT, begun('audit')).on(SHOW, 'never');
    service.onAsked = ({ call }) => {
      if (call === SHOW) process.emit('SIGTERM');
    };
    expect((await cli.run('audit')).exitCode).toBe(143);
  });
});

it.each([
  [['account', 'resize']],
  [['account', 'rebalance']],
  [['account', 'freeze']],
  [['account', 'unfreeze']],
  [['account', 'close']],
  [['account', 'sub-accounts']],
  [['shard']],
  [['shard', 'list']],
  [['shard', 'add']],
  [['operation']],
  [['operation', 'show']],
  [['audit']],
])('%j has help', async (command) => {
  const { exitCode, out } = await cli.run(...command, '--help');
  expect([exitCode, out]).toEqual([0, expect.stringMatching(/^Usage: hotsplit /)]);
  expect(service.calls).toEqual([]);
});
