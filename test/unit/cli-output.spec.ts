import { CliSession } from './cli-session';
import { ok, refused, ScriptedService } from './cli-scripted-service';

/** What a reference may hold: it is anybody's. */
const ESC = '\u001b';
const HOSTILE = [
  `${ESC}]52;c;ZXZpbA==\u0007`, // writes to the clipboard
  `${ESC}[2J${ESC}[1;1Hroot#`, // clears the screen
  '\u009b31mred', // the same as ESC [ in eight bits
  'one\r\nsucceeded  9999', // a line of its own
  '\u202egnp.exe', // turns the direction of writing around
  '\u2028\u0000\u007f',
];
/** What a terminal obeys; line breaks between rows are the program's own. */
const OBEYED = /[\p{Bidi_Control}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u;

const entry = (requestId: string, reference: string) => ({
  requestId,
  accountId: 'a',
  kind: 'deduction',
  status: 'succeeded',
  durability: 'committed',
  amount: '250',
  reference,
  metadata: { [reference]: reference },
  shard: 's0',
  subAccount: 1,
  createdAt: '2026-01-31T12:00:00.000Z',
});

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

describe('what users have written', () => {
  it.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
    'does nothing to a terminal in any form: %s',
    async (_name, text) => {
      service.on('GET /v1/accounts/a/entries?limit=50', ok({ items: [entry('r1', text)] }));
      service.on('GET /v1/accounts/a/deductions/r1', ok(entry('r1', text)));
      service.on('POST /v1/accounts/a/deductions', refused(422, 'INSUFFICIENT_FUNDS', text));
      cli.onTerminal = true;
      for (const form of ['table', 'csv', 'json']) {
        const listed = await cli.run('entries', 'a', '--output', form);
        expect(listed.exitCode).toBe(0);
        expect(withoutColours(listed.out)).not.toMatch(OBEYED);
        expect(listed.out.trimEnd().split('\n')).toHaveLength(form === 'json' ? 1 : 2);
        expect(withoutColours((await cli.run('deduction', 'a', 'r1', '-o', form)).out)).not.toMatch(OBEYED);
        const { out, err } = await cli.run('deduct', 'a', '1', '--request-id', 'r2', '-o', form);
        expect(withoutColours(out + err)).not.toMatch(OBEYED);
      }
    },
  );

  it.each(HOSTILE)('is exact in JSON: %j', async (text) => {
    service.on('GET /v1/accounts/a/entries?limit=50', ok({ items: [entry('r1', text)] }));
    expect(await cli.json('entries', 'a')).toEqual({ exitCode: 0, items: [entry('r1', text)] });
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1+1', "=cmd|' /C calc'!A0"])(
    'is no formula in CSV: %j',
    async (text) => {
      service.on('GET /v1/accounts/a/entries?limit=50', ok({ items: [entry('r1', text)] }));
      const { out } = await cli.run('entries', 'a', '--output', 'csv');
      const [, row = ''] = out.split('\n');
      expect(row).toMatch(/^2026-01-31T12:00:00.000Z,deduction,250,r1,,,s0\/1,"?(?:'|\\u0009=)/);
    },
  );

  it('stays one field of CSV, also where fields are split at semicolons', async () => {
    const text = 'a "b", c; =1+1';
    service.on('GET /v1/accounts/a/entries?limit=50', ok({ items: [entry('r1', text)] }));
    const { out } = await cli.run('entries', 'a', '--output', 'csv');
    expect(out).toContain(',"a ""b"", c; =1+1",');
  });
});

describe('what an account had', () => {
  const page = (items: readonly unknown[], more: object = {}) =>
    ok({ accountId: 'a', asset: 'USD/2', closingAt: '2026-02-01T00:00:00.000Z', items, ...more });

  beforeEach(() => {
    const balances = { opening: '1000', closing: '500', openingAt: '2026-01-01T00:00:00.000Z' };
    service.on(
      'GET /v1/accounts/a/statement?from=2026-01-01T00%3A00%3A00Z&limit=500',
      page([entry('r1', '<b>&=1+1')], { ...balances, nextCursor: 'c1' }),
    );
    service.on('GET /v1/accounts/a/statement?cursor=c1&limit=500', page([entry('r2', HOSTILE[0] ?? '')]));
  });

  it('is a statement with the balance behind each entry, page by page', async () => {
    const { items } = await cli.json<{ items: unknown[] }>('statement', 'a', '--from', '2026-01-01');
    expect(items).toMatchObject([
      { kind: 'opening', balance: '1000', at: '2026-01-01T00:00:00.000Z' },
      { kind: 'deduction', amount: '250', balance: '750', requestId: 'r1' },
      { kind: 'deduction', amount: '250', balance: '500', requestId: 'r2' },
      { kind: 'closing', balance: '500', at: '2026-02-01T00:00:00.000Z' },
    ]);
  });

  it('is a page to print, too, in which nothing is obeyed that users have written', async () => {
    const { out, exitCode } = await cli.run('statement', 'a', '--from', '2026-01-01', '--html');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect(out).toContain('<bdi>&lt;b&gt;&amp;=1+1</bdi>');
    for (const amount of ['10.00', '\u22122.50', '7.50', '5.00']) expect(out).toContain(`>${amount}<`);
    expect(out).not.toMatch(OBEYED);
  });

  it('is one number at an instant', async () => {
    const past = { accountId: 'a', asset: 'USD/2', total: '-250', asOf: '2026-01-31T00:00:00.000Z' };
    service.on('GET /v1/accounts/a/balance?at=2026-01-31T00%3A00%3A00Z', ok(past));
    expect(await cli.json('balance', 'a', '--at', '2026-01-31')).toMatchObject(past);
    const both = await cli.run('balance', 'a', '--at', '2026-01-31', '--consistency', 'snapshot');
    expect([both.exitCode, both.err]).toEqual([1, expect.stringContaining('cannot be used with') as string]);
  });
});

describe('lists', () => {
  const shards = ok({
    items: [
      { name: 's0', status: 'up' },
      { name: 's1', status: 'down' },
    ],
  });

  it('have three forms', async () => {
    service.on('GET /v1/admin/shards', shards);
    expect((await cli.run('shard', 'list')).out).toMatch(/│ shard │ status │ address │/);
    expect((await cli.run('shard', 'list', '-o', 'csv')).out).toBe(
      'shard,status,address\ns0,up,\ns1,down,\n',
    );
    const json = await cli.run('shard', 'list', '--output', 'json');
    expect(json).toEqual(await cli.run('shard', 'list', '--json'));
    expect(await cli.run('shard', 'list', '--output', 'yaml')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('Allowed choices are table, csv, json') as string,
    });
    expect((await cli.run('shard', 'list', '--json', '-o', 'csv')).err).toContain('cannot be used with');
  });

  it.each([
    [['shard', 'lits'], "unknown command 'lits'"],
    [['balance'], "missing required argument 'account'"],
    [['shard', 'list', '--colour'], "unknown option '--colour'"],
  ])('says of %j as JSON what is wrong, too', async (args, detail) => {
    const { exitCode, out, err } = await cli.run(...args, '--json');
    expect(exitCode).toBe(1);
    expect(err).toContain(detail);
    expect(JSON.parse(out)).toEqual({
      error: { code: 'INVALID_INPUT', detail: expect.stringContaining(detail) as string },
    });
    expect((await cli.run(...args)).out).toBe('');
  });

  it('that are long come page by page, to their limit', async () => {
    const page = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => entry(`r${from + n}`, 'x'));
    service.on('GET /v1/accounts/a/entries?limit=500', ok({ items: page(0, 500), nextCursor: 'c1' }));
    service.on('GET /v1/accounts/a/entries?cursor=c1&limit=500', ok({ items: page(500, 20) }));
    service.on('GET /v1/accounts/a/entries?cursor=c1&limit=100', ok({ items: page(500, 100) }));
    expect((await cli.run('entries', 'a', '--all')).out.trimEnd().split('\n')).toHaveLength(521);
    const { items } = await cli.json<{ items: unknown[] }>('entries', 'a', '--limit', '600');
    expect(items).toHaveLength(600);
    service.on('GET /v1/accounts/b/entries?limit=50', ok({ items: [] }));
    expect((await cli.run('entries', 'b')).out).toBe('no entries\n');
    expect((await cli.run('entries', 'b', '--json')).out).toBe('{"items":[]}\n');
    expect((await cli.run('entries', 'b', '-o', 'csv')).out).toBe(
      'at,kind,amount,request_id,about,budgets,where,reference,metadata\n',
    );
  });

  it('of entries are narrowed down as the API can', async () => {
    const query = 'limit=5&kind=credit&from=2026-01-01T00%3A00%3A00Z&to=2026-02-01T12%3A00%3A00%2B01%3A00';
    service.on(`GET /v1/accounts/a/entries?${query}`, ok({ items: [entry('r1', 'x')] }));
    const options = ['--kind', 'credit', '--from', '2026-01-01', '--to', '2026-02-01T12:00:00+01:00'];
    expect((await cli.run('entries', 'a', '--limit', '5', ...options)).exitCode).toBe(0);
    for (const wrong of [
      ['--kind', 'debit'],
      ['--from', 'yesterday'],
      ['--to', '2026-02-31x'],
    ])
      expect((await cli.run('entries', 'a', ...wrong)).exitCode).toBe(1);
  });
});

describe('colours', () => {
  const list = async (env: Readonly<Record<string, string>>, onTerminal: boolean): Promise<string> => {
    service.on('GET /v1/admin/shards', ok({ items: [{ name: 's0', status: 'down' }] }));
    const session = new CliSession({ HOTSPLIT_URL: service.url, ...env });
    session.onTerminal = onTerminal;
    const { out } = await session.run('shard', 'list');
    session.end();
    return out;
  };

  it('are for terminals only, and only where they are wanted', async () => {
    expect(await list({}, true)).toContain(`${ESC}[31mdown`);
    for (const plain of [list({}, false), list({ NO_COLOR: '1' }, true), list({ TERM: 'dumb' }, true)])
      expect(await plain).not.toContain(ESC);
    expect(await list({ FORCE_COLOR: '1' }, false)).toContain(`${ESC}[31mdown`);
  });
});

describe('look-ups', () => {
  it('show a balance as it was asked for, a hold, and what became of a deduction', async () => {
    const balance = { accountId: 'a', asset: 'USD/2', available: '5', held: '2', total: '7', inTransit: '0' };
    const more = { consistency: 'snapshot', asOf: '2026-01-31T12:00:00.000Z' };
    service.on('GET /v1/accounts/a/balance?consistency=snapshot', ok({ ...balance, ...more }));
    expect((await cli.run('balance', 'a', '--consistency', 'snapshot')).out).toMatch(/^total +7$/m);
    const hold = {
      requestId: 'h',
      holdId: 'h',
      accountId: 'a',
      kind: 'hold',
      status: 'held',
      amount: '2',
      heldAmount: '2',
    };
    const place = { shard: 's0', subAccount: 0, expiresAt: more.asOf, createdAt: more.asOf };
    service.on('GET /v1/accounts/a/holds/h', ok({ ...hold, ...place }));
    expect((await cli.run('held', 'a', 'h')).out).toMatch(/^status +held$/m);
    expect(await cli.json('held', 'a', 'h')).toEqual({ exitCode: 0, ...hold, ...place });
  });

  it('say whether the service is ready, and end with 1 when it is not', async () => {
    service.on('GET /readyz', ok({ status: 'ready', directory: 'up', shards: { s0: 'up' } }));
    expect(await cli.run('health')).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^shard s0 +up$/m) as string,
    });
    const refusedShards = {
      status: 'unavailable',
      directory: 'up',
      shards: { s0: 'down' },
      refused: { s0: 'SHARD_EMPTY' },
    };
    service.on('GET /readyz', { status: 503, body: refusedShards });
    expect(await cli.run('health')).toMatchObject({
      exitCode: 1,
      out: expect.stringMatching(/^shard s0 +down: SHARD_EMPTY$/m) as string,
    });
    service.on('GET /readyz', ok('<html>'));
    expect((await cli.run('health')).err).toContain('nothing that the service would say');
  });
});

describe('notes', () => {
  it('go with whatever moves money', async () => {
    service.on('POST /v1/accounts/a/credits', ok(entry('c1', 'x'), 201));
    await cli.run(
      'credit',
      'a',
      '250',
      '--request-id',
      'c1',
      '--metadata',
      'k=v=w',
      '--metadata',
      'l=',
      '--reference',
      'x',
    );
    expect(service.asked[0]?.body).toEqual({
      amount: '250',
      requestId: 'c1',
      reference: 'x',
      metadata: { k: 'v=w', l: '' },
    });
  });
});

describe('misspelt', () => {
  it.each([
    [['acount', 'list'], /Did you mean account\?/],
    [['account', 'shwo', 'a'], /Did you mean show\?/],
    [['entries', 'a', '--limt', '5'], /Did you mean --limit\?/],
    [['shard', 'list', '--ouput', 'csv'], /Did you mean --output\?/],
    [['account', 'create', 'a', '--asset', 'USD/2', '--strategy', 'merge'], /Allowed choices are merged/],
  ])('%j is told what was meant', async (args, told) => {
    const { exitCode, err } = await cli.run(...args);
    expect([exitCode, err]).toEqual([1, expect.stringMatching(told)]);
    expect(service.calls).toEqual([]);
  });
});

describe('--watch', () => {
  const balance = (total: string) =>
    ok({
      ...{ accountId: 'a', asset: 'USD/2', available: total, held: '0', total, inTransit: '0' },
      ...{ consistency: 'current', asOf: '2026-01-31T12:00:00.000Z' },
    });
  const BALANCE = 'GET /v1/accounts/a/balance?consistency=current';

  it('shows over a pipe what has changed, through a service that is away, until it is asked to stop', async () => {
    service.on(BALANCE, balance('7'), balance('7'), 'cut off', 'cut off', balance('6'));
    service.onAsked = () => {
      if (service.calls.length === 6) process.emit('SIGINT');
    };
    const { exitCode, out, err } = await cli.run('balance', 'a', '--every', '3', '--json');
    expect(exitCode).toBe(130);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { total: string }).total),
    ).toEqual(['7', '6']);
    expect(err.match(/asking again/g)).toHaveLength(1);
    expect(cli.pausesMs).toEqual([3_000, 3_000, 3_000, 3_000, 3_000]);
  });

  it('draws on a terminal, and leaves there what it saw last', async () => {
    service.on(BALANCE, balance('7'), balance('6'));
    service.onAsked = () => {
      if (service.calls.length === 3) process.emit('SIGTERM');
    };
    cli.onTerminal = true;
    const { exitCode, out } = await cli.run('balance', 'a', '--watch');
    expect(exitCode).toBe(143);
    const [drawn = '', left = ''] = out.split(`${ESC}[?1049l`);
    expect(drawn.startsWith(`${ESC}[?1049h`)).toBe(true);
    expect(drawn.split(`${ESC}[H`)).toHaveLength(3);
    expect(left).toMatch(/^total +6$/m);
    expect(left).not.toMatch(OBEYED);
  });

  it('ends at what will not pass', async () => {
    service.on(BALANCE, balance('7'), refused(404, 'ACCOUNT_NOT_FOUND'));
    expect(await cli.run('balance', 'a', '--watch')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('ACCOUNT_NOT_FOUND') as string,
    });
  });
});

function withoutColours(text: string): string {
  return text.replaceAll(new RegExp(`${ESC}\\[[0-9;]*m`, 'g'), '');
}
