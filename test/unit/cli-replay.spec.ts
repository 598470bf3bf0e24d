import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { FakeService } from './cli-fake-service';
import { CliSession } from './cli-session';

interface Report {
  readonly completed: boolean;
  readonly idPrefix: string;
  readonly rows: number;
  readonly succeeded: number;
  readonly replayed: number;
  readonly rejected: number;
  readonly amount: string;
  readonly skipped: number;
  readonly skippedRefused: number;
  readonly retries: number;
  readonly replayedAfterLostAnswer: number;
  readonly log: unknown;
  readonly badRows: {
    readonly count: number;
    readonly first: { readonly row: number; readonly reason: string }[];
  };
  readonly rejections: {
    readonly byCode: Record<string, number>;
    readonly first: { readonly row: number }[];
  };
  readonly accounts: Record<string, { readonly rows: number; readonly amount: string }>;
  readonly accountsCreated?: {
    readonly created: number;
    readonly existed: number;
    readonly differing: string[];
  };
  readonly error?: { readonly code: string; readonly detail: string };
}

const ROWS = 1_000;
// Row n takes n from one of three accounts.
const LOG = [
  'ts_ms,account_id,amount',
  ...Array.from(
    { length: ROWS },
    (_, index) => `${1_700_000_000_000 + index},acct-${index % 3},${index + 1}`,
  ),
  '',
].join('\n');
const TOTAL = BigInt((ROWS * (ROWS + 1)) / 2);
const SHORT = ['ts_ms,account_id,amount', '1,a,10', '2,a,20', '3,b,30', ''].join('\n');

let service: FakeService;
let cli: CliSession;

beforeEach(async () => {
  service = await FakeService.start();
  cli = new CliSession({ HOTSPLIT_URL: service.url, HOTSPLIT_KEY: 'secret' });
});

afterEach(async () => {
  await service.stop();
  cli.end();
});

function replay(file: string, ...options: string[]) {
  const named = options.includes('--id-prefix') ? options : [...options, '--id-prefix', 'log'];
  return cli.json<Report>('replay', file, '--create-accounts', '--batch-size', '50', ...named);
}

describe('a replay', () => {
  it('deducts every row once, however often it runs', async () => {
    const log = cli.file('log.csv', LOG);
    const first = await replay(log);
    expect(first).toMatchObject({
      exitCode: 0,
      completed: true,
      rows: ROWS,
      succeeded: ROWS,
      replayed: 0,
      rejected: 0,
    });
    expect(first.amount).toBe(TOTAL.toString());
    expect(first.accounts['acct-0']).toEqual({
      rows: 334,
      succeeded: 334,
      replayed: 0,
      rejected: 0,
      amount: '167167',
    });
    const again = await replay(log);
    expect(again).toMatchObject({ exitCode: 0, succeeded: 0, replayed: ROWS, amount: '0' });
    expect(again.accountsCreated).toEqual({ created: 0, existed: 3, differing: [] });
    expect(service.deducted).toBe(TOTAL);
  });

  it('keeps the ids of a log that is packed, whatever it is called', async () => {
    await replay(cli.file('log.csv', LOG));
    const packed = await replay(cli.file('other-name', gzipSync(LOG)));
    expect(packed).toMatchObject({ exitCode: 0, replayed: ROWS });
  });

  it('charges a request id of the log once, also when it comes at two times', async () => {
    const log = ['request_id,amount,ts_ms,account_id', 'r1,7,1,a', 'r2,8,2,a', 'r1,7,93,a', ''].join('\n');
    expect(await replay(cli.file('log.csv', log))).toMatchObject({
      succeeded: 2,
      replayed: 1,
      amount: '15',
      exitCode: 0,
    });
    expect([...(service.accounts.get('a')?.deductions.keys() ?? [])]).toEqual(['r1', 'r2']);
  });

  it('charges a log that has grown for its new rows only, once it has a name, and nothing before', async () => {
    const log = 'account_id,amount\nkto-1,1\nkto-1,1\n';
    const grow = cli.file('grow.csv', log);
    const unnamed = await cli.run('replay', grow, '--create-accounts');
    expect(unnamed).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/nothing was sent.*--id-prefix grow\b/) as string,
    });
    expect(service.accounts.size).toBe(0);

    expect(await replay(grow, '--id-prefix', 'grow')).toMatchObject({ succeeded: 2, amount: '2' });
    cli.file('grow.csv', `${log}kto-1,3\n`);
    const grown = await replay(grow, '--id-prefix', 'grow');
    expect(grown).toMatchObject({ exitCode: 0, succeeded: 1, replayed: 2, amount: '3' });
  });

  it('refuses a row that was corrected or moved after it took effect', async () => {
    const log = cli.file('log.csv', 'account_id,amount\na,1\na,2\na,5\n');
    await replay(log);
    cli.file('log.csv', 'account_id,amount\na,2\na,1\na,5\n');
    expect(await replay(log)).toMatchObject({ exitCode: 3, succeeded: 0, replayed: 1, rejected: 2 });
  });

  it('needs no name for a log whose rows all have request ids, nor in a dry run', async () => {
    const named = cli.file('named.csv', 'account_id,amount,request_id\na,1,r1\n');
    expect(await cli.run('replay', named, '--create-accounts')).toMatchObject({ exitCode: 0 });
    const unnamed = cli.file('unnamed.csv', 'account_id,amount\na,1\n');
    const dry = await cli.run('replay', unnamed, '--dry-run');
    expect(dry).toMatchObject({ exitCode: 0, out: expect.stringContaining('needs --id-prefix') as string });
  });

  it('takes the prefix of the ids that it is given', async () => {
    await replay(cli.file('log.csv', SHORT), '--id-prefix', 'march');
    expect([...(service.accounts.get('a')?.deductions.keys() ?? [])].sort()).toEqual(['march-1', 'march-2']);
  });

  it('lists rows that it cannot read and sends the others under their own numbers', async () => {
    const log = ['ts_ms,account_id,amount', '1,a,10', '2,a,x', '3",a,5', '4,b', '', '5,b,"30"', ''].join(
      '\r\n',
    );
    const report = await replay(cli.file('log.csv', `\uFEFF${log}`), '--id-prefix', 'p');
    expect(report).toMatchObject({ exitCode: 3, rows: 2, succeeded: 2, amount: '40' });
    expect(report.badRows.count).toBe(3);
    expect(report.badRows.first.map(({ row }) => row)).toEqual([2, 3, 4]);
    expect(report.log).toEqual({ lines: 7, charges: 2, badLines: 3, blankLines: 1 });
    expect([...(service.accounts.get('b')?.deductions.keys() ?? [])]).toEqual(['p-6']);
  });

  it('sends none of the lines that a quote spans, and accounts for each of them', async () => {
    const log = [
      'ts_ms,account_id,amount,request_id,note',
      '1,c4,10,d1,"opens here',
      '2,c4,10,d2,x',
      '3,c4,10,d3,y',
      '4,c4,10,d4,"closed"',
      '5,c4,10,d5,z',
      '',
    ].join('\n');
    const report = await replay(cli.file('log.csv', log));
    expect(report).toMatchObject({ exitCode: 3, rows: 1, succeeded: 1, amount: '10' });
    expect(report.log).toEqual({ lines: 6, charges: 1, badLines: 4, blankLines: 0 });
    expect(report.badRows).toMatchObject({ count: 4, first: [{ row: 1, lastRow: 4 }] });
    const { out } = await cli.run('replay', '--id-prefix', 'log', cli.file('log.csv'));
    expect(out).toContain('rows 1 to 4: a quote is opened that is closed 3 lines further down only');
    expect(out).toContain('6: the header, 1 charges, 4 bad, 0 blank');
  });

  it('does not send a last line without its line break unless it is asked to', async () => {
    const log = cli.file('log.csv', SHORT.trimEnd());
    const report = await replay(log, '--id-prefix', 'p');
    expect(report).toMatchObject({ exitCode: 3, succeeded: 2, badRows: { count: 1, first: [{ row: 3 }] } });
    expect(await replay(log, '--id-prefix', 'p', '--take-last-line')).toMatchObject({
      exitCode: 0,
      succeeded: 1,
      replayed: 2,
    });
  });

  it('refuses a log in major units whole, and takes it exactly when told its decimals', async () => {
    const log = ['Zeit;Konto;Betrag', '1;a;56', '2;a;56,1', '3;a;0,05', ''].join('\n');
    const file = cli.file('log.csv', log);
    const names = [
      '--columns',
      'account_id=Konto,amount=Betrag',
      '--columns',
      'ts_ms=Zeit',
      '--delimiter',
      ';',
    ];
    const refused = await cli.run('replay', '--id-prefix', 'log', file, '--create-accounts', ...names);
    expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining('--decimals') as string });
    expect([service.batches, service.accounts.size]).toEqual([[], 0]);
    const report = await replay(file, ...names, '--decimals', '2', '--decimal-separator', ',');
    expect(report).toMatchObject({ exitCode: 0, succeeded: 3, amount: '11215' });
  });

  it('reads all of a log and sends nothing in a dry run', async () => {
    const log = cli.file('log.csv', `${SHORT}4,b,x\n`);
    const report = await replay(log, '--dry-run', '--checkpoint', cli.file('checkpoint.json'));
    expect(report).toMatchObject({
      exitCode: 3,
      dryRun: true,
      amount: '60',
      log: { lines: 5, charges: 3, badLines: 1, blankLines: 0 },
      badRows: { count: 1, first: [{ row: 4 }] },
      accounts: { a: { rows: 2, amount: '30' }, b: { rows: 1, amount: '30' } },
    });
    expect([service.batches, service.accounts.size, existsSync(cli.file('checkpoint.json'))]).toEqual([
      [],
      0,
      false,
    ]);
    const { out, exitCode } = await cli.run(
      'replay',
      cli.file('log.csv', SHORT),
      '--dry-run',
      '--url',
      'http://127.0.0.1:1',
    );
    expect(out).toContain('nothing: this was a dry run');
    expect(exitCode).toBe(0);
  });

  it('counts rejections by code and by account, and does not try them again', async () => {
    const { exitCode } = await cli.run(
      'account',
      'create',
      'a',
      '--asset',
      'POINTS/0',
      '--initial-balance',
      '25',
    );
    expect(exitCode).toBe(0);
    const report = await cli.json<Report>('replay', '--id-prefix', 'log', cli.file('log.csv', SHORT));
    expect(report).toMatchObject({
      exitCode: 3,
      completed: true,
      succeeded: 1,
      rejected: 2,
      amount: '10',
      retries: 0,
    });
    expect(report.rejections.byCode).toEqual({ INSUFFICIENT_FUNDS: 1, ACCOUNT_NOT_FOUND: 1 });
    expect(report.rejections.first.map(({ row }) => row)).toEqual([2, 3]);
    expect(report.accounts['a']).toMatchObject({ rejected: 1, rejectedByCode: { INSUFFICIENT_FUNDS: 1 } });
    expect(service.batches).toHaveLength(1);
  });

  it('uses accounts that are there with other parameters, and says so', async () => {
    await cli.run('account', 'create', 'a', '--asset', 'USD/2', '--initial-balance', '1000');
    const { exitCode, err } = await cli.run(
      'replay',
      '--id-prefix',
      'log',
      cli.file('log.csv', SHORT),
      '--create-accounts',
    );
    expect(exitCode).toBe(0);
    expect(err).toContain('there with other parameters');
    expect(service.accounts.get('a')?.body.asset).toBe('USD/2');
  });
});

describe('a replay against a service in trouble', () => {
  it('comes to the same end through lost answers, overload and rate limits', async () => {
    service.batchFault = (nth) =>
      (
        ({
          2: 'cut off after',
          3: 'cut off before',
          4: 'cut off after',
          7: { status: 503, code: 'OVERLOADED', retryAfter: '1' },
          9: { status: 429, code: 'RATE_LIMITED', retryAfter: '2' },
          11: { status: 502, code: 'BAD_GATEWAY' },
        }) as const
      )[nth];
    const refusedOnce = new Set<string>();
    service.itemFault = ({ requestId }) => {
      if (!requestId.endsWith('7') || refusedOnce.has(requestId)) return undefined;
      refusedOnce.add(requestId);
      return 'SHARD_UNAVAILABLE';
    };
    const report = await replay(cli.file('log.csv', LOG));
    expect(report).toMatchObject({ exitCode: 0, completed: true, rows: ROWS, rejected: 0 });
    expect(service.deducted).toBe(TOTAL);
    // Two batches had taken effect when their answers were lost.
    expect(report).toMatchObject({ succeeded: ROWS - 100, replayed: 100, replayedAfterLostAnswer: 100 });
    expect(cli.pausesMs).toEqual(expect.arrayContaining([1_000, 2_000]));
    expect(refusedOnce.size).toBeGreaterThan(0);
  });

  it('sends only what was turned away again, and pauses longer each time', async () => {
    let timesLeft = 4;
    service.itemFault = ({ accountId }) => (accountId === 'b' && timesLeft-- > 0 ? 'OVERLOADED' : undefined);
    const report = await replay(cli.file('log.csv', SHORT));
    expect(report).toMatchObject({ exitCode: 0, succeeded: 3, retries: 4 });
    expect(service.batches).toEqual([3, 1, 1, 1, 1]);
    expect(cli.pausesMs).toEqual([75, 150, 300, 600]);
  });

  it('stops when nothing moves any more, says how to go on, and then goes on', async () => {
    const log = cli.file('log.csv', LOG);
    service.batchFault = (nth) => (nth > 5 ? { status: 503, code: 'SHARD_UNAVAILABLE' } : undefined);
    const stopped = await replay(log, '--retry-seconds', '30');
    expect(stopped).toMatchObject({ exitCode: 1, completed: false, succeeded: 250, rejected: 0 });
    expect(stopped.error?.detail).toMatch(
      /no progress for 30 s: SHARD_UNAVAILABLE: later.*run the same command again/,
    );
    service.batchFault = () => undefined;
    expect(await replay(log)).toMatchObject({ exitCode: 0, succeeded: 750, replayed: 250 });
    expect(service.deducted).toBe(TOTAL);
  });

  it('stops at once for what no other try will mend', async () => {
    const { exitCode, out, err } = await cli.run(
      'replay',
      '--id-prefix',
      'log',
      cli.file('log.csv', SHORT),
      '--key',
      'wrong',
    );
    expect(exitCode).toBe(1);
    expect(err).toContain('UNAUTHENTICATED: The key is not known.\nhint: ');
    expect(out).toContain('amount deducted');
    expect(cli.pausesMs).toEqual([]);
  });

  it('gives up on a service that is not there', async () => {
    const nobody = await FakeService.start();
    await nobody.stop();
    const report = await cli.json<Report>(
      'replay',
      '--id-prefix',
      'log',
      cli.file('log.csv', SHORT),
      '--url',
      nobody.url,
    );
    expect(report).toMatchObject({ exitCode: 1, rows: 0 });
    expect(report.error?.detail).toContain(`nobody answers at ${nobody.url} (ECONNREFUSED)`);
  });
});

describe('a replay with a checkpoint', () => {
  it('skips what was answered without a gap', async () => {
    const log = cli.file('log.csv', LOG);
    const checkpoint = cli.file('checkpoint.json');
    // The third of the four batches in flight is never answered in full, so the checkpoint must stay before it.
    service.itemFault = ({ amount }) => (Number(amount) === 101 ? 'OVERLOADED' : undefined);
    const options = ['--checkpoint', checkpoint, '--id-prefix', 'p', '--concurrency', '4'];
    const { exitCode, succeeded } = await replay(log, ...options, '--retry-seconds', '5');
    expect(exitCode).toBe(1);
    expect(succeeded).toBeGreaterThanOrEqual(199);
    expect(JSON.parse(readFileSync(checkpoint, 'utf8'))).toMatchObject({ rowsAnswered: 100 });

    service.itemFault = () => undefined;
    const resumed = await replay(log, ...options);
    expect(resumed).toMatchObject({ exitCode: 0, skipped: 100, rows: ROWS - 100, replayed: succeeded - 100 });
    expect(service.deducted).toBe(TOTAL);

    expect(await replay(log, ...options)).toMatchObject({ exitCode: 0, skipped: ROWS, rows: 0 });
  });

  it('remembers that some of the rows it skips were refused', async () => {
    const checkpoint = cli.file('checkpoint.json');
    const log = cli.file('log.csv', SHORT);
    await cli.run('replay', '--id-prefix', 'log', log, '--checkpoint', checkpoint);
    expect(await cli.json('replay', '--id-prefix', 'log', log, '--checkpoint', checkpoint)).toMatchObject({
      exitCode: 3,
      rows: 0,
      skipped: 3,
      skippedRefused: 3,
    });
  });

  it('refuses the checkpoint of another log or other ids', async () => {
    const checkpoint = cli.file('checkpoint.json');
    await replay(cli.file('log.csv', SHORT), '--checkpoint', checkpoint);
    const other = await cli.run(
      'replay',
      '--id-prefix',
      'log',
      cli.file('other.csv', LOG),
      '--checkpoint',
      checkpoint,
    );
    expect(other).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('belongs to another log') as string,
    });
    const ids = await cli.run('replay', cli.file('log.csv'), '--checkpoint', checkpoint, '--id-prefix', 'p');
    expect(ids).toMatchObject({ exitCode: 1, err: expect.stringContaining('--id-prefix log') as string });
    expect(service.deducted).toBe(60n);
  });

  it('starts at the first row for another service, which has none of them', async () => {
    const checkpoint = cli.file('checkpoint.json');
    const log = cli.file('log.csv', SHORT);
    await replay(log, '--checkpoint', checkpoint);
    const other = await FakeService.start();
    try {
      const report = await replay(log, '--checkpoint', checkpoint, '--url', other.url);
      expect(report).toMatchObject({ exitCode: 0, skipped: 0, succeeded: 3 });
    } finally {
      await other.stop();
    }
  });
});

describe('a replay of what is no log', () => {
  it.each([
    ['nothing at all', '', 'is empty'],
    ['no header', '1,a,10\n', 'no column account_id'],
    ['an archive that is cut off', gzipSync(LOG).subarray(0, 500), 'cannot be read to its end'],
    [
      'a quote that is never closed',
      `${SHORT}4,"a,5\n${'5,b,6\n'.repeat(20_000)}`,
      'a quote is opened there',
    ],
  ])('ends with a message: %s', async (_case, content, message) => {
    const { exitCode, err } = await cli.run('replay', cli.file('log.csv', content));
    expect(err).toContain(message);
    expect(exitCode).toBe(1);
  });

  it('tells of a file that is not there', async () => {
    const { exitCode, err } = await cli.run(
      'replay',
      cli.file('none.csv'),
      '--checkpoint',
      cli.file('checkpoint.json'),
    );
    expect(exitCode).toBe(1);
    expect(err).toContain('cannot be opened');
    expect(existsSync(cli.file('checkpoint.json'))).toBe(false);
  });
});
