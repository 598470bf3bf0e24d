import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FakeService } from './cli-fake-service';
import { CliSession } from './cli-session';

let service: FakeService;
let cli: CliSession;

beforeEach(async () => {
  service = await FakeService.start();
  cli = new CliSession({ HOTSPLIT_URL: service.url, HOTSPLIT_ADMIN_KEY: 'secret' });
});

afterEach(async () => {
  await service.stop();
  cli.end();
});

describe('accounts', () => {
  it('are made once, shown with their balance, and listed page by page', async () => {
    const create = [
      'account',
      'create',
      'a',
      '--asset',
      'USD/2',
      '--sub-accounts',
      '4',
      '--initial-balance',
      '500',
    ];
    expect(await cli.run(...create)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^created\n/) as string,
    });
    expect(await cli.run(...create)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^existed\n/) as string,
    });
    expect(await cli.json('account', 'show', 'a')).toMatchObject({
      id: 'a',
      subAccounts: 4,
      balance: { total: '500' },
    });

    for (let index = 0; index < 120; index += 1) {
      await cli.run('account', 'create', `x${index}`, '--asset', 'JPY');
    }
    const { items } = await cli.json<{ items: { id: string }[] }>('account', 'list');
    expect(items).toHaveLength(121);
    const { out } = await cli.run('account', 'list', '--limit', '101');
    expect(out.trimEnd().split('\n')).toHaveLength(102);
  });
});

describe('credit and deduct', () => {
  it('print a new request id, before they send it', async () => {
    await cli.run('account', 'create', 'a', '--asset', 'USD/2');
    const { out, err } = await cli.run('credit', 'a', '100');
    const [, requestId] = /^request id (\S+)\n$/.exec(err) ?? [];
    expect(requestId).toBeDefined();
    expect(out).toContain(`request id  ${requestId ?? ''}\n`);
  });

  it('say that a request id took effect before', async () => {
    await cli.run('account', 'create', 'a', '--asset', 'USD/2', '--initial-balance', '100');
    const deduct = ['deduct', 'a', '30', '--request-id', 'r1', '--reference', 'order 5'];
    expect(await cli.json(...deduct)).toMatchObject({
      exitCode: 0,
      amount: '30',
      reference: 'order 5',
      replayed: false,
    });
    expect(await cli.json(...deduct)).toMatchObject({ exitCode: 0, replayed: true });
    expect(service.accounts.get('a')?.available).toBe(70n);
  });

  it('say what is wrong in one line, and what to do', async () => {
    await cli.run('account', 'create', 'a', '--asset', 'USD/2', '--initial-balance', '10');
    expect(await cli.run('deduct', 'a', '30', '--request-id', 'r1')).toEqual({
      exitCode: 1,
      out: '',
      err: 'INSUFFICIENT_FUNDS: Too little; available 10\nhint: bring funds first: hotsplit credit ACCOUNT AMOUNT\n',
    });
    expect(await cli.json('deduct', 'a', '30')).toMatchObject({
      exitCode: 1,
      error: { code: 'INSUFFICIENT_FUNDS' },
    });
  });
});

describe('faults', () => {
  it('ask whether the service is running', async () => {
    const nobody = await FakeService.start();
    await nobody.stop();
    const { exitCode, err } = await cli.run('account', 'list', '--url', nobody.url);
    expect(exitCode).toBe(1);
    expect(err).toContain(
      `NO_ANSWER: nobody answers at ${nobody.url} (ECONNREFUSED)\nhint: is it running? npm start`,
    );
  });

  it.each([
    ['account', 'create', 'a b', '--asset', 'USD/2'],
    ['account', 'create', 'a', '--asset', 'usd'],
    ['account', 'create', 'a', '--asset', 'USD/2', '--sub-accounts', '1025'],
    ['deduct', 'a', '1.5'],
    ['deduct', 'a', '5', '--request-id', 'two words'],
    ['replay', 'log.csv', '--batch-size', '5001'],
    ['account', 'list', '--url', 'ftp://x'],
    ['frobnicate'],
  ])('stop a slip before anything is sent: %s %s %s %s %s', async (...args) => {
    const { exitCode, err, out } = await cli.run(...args);
    expect(exitCode).toBe(1);
    expect(err).not.toBe('');
    expect(out).toBe('');
    expect(service.accounts.size).toBe(0);
  });

  it.each([['--help'], ['account', '--help'], ['replay', '--help'], ['generate', '--help'], ['--version']])(
    'are not what help is: %s %s',
    async (...args) => {
      const { exitCode, out } = await cli.run(...args);
      expect(exitCode).toBe(0);
      expect(out).not.toBe('');
    },
  );
});

describe('generate', () => {
  it('writes the same log to a file, packed or not, and to the output', async () => {
    const options = ['--rows', '2500', '--request-ids', '--seed', '9'];
    const [plain, packed] = [cli.file('log.csv'), cli.file('log.csv.gz')];
    expect(await cli.json('generate', plain, ...options)).toMatchObject({ exitCode: 0, rows: 2500, seed: 9 });
    await cli.run('generate', packed, ...options);
    const { out } = await cli.run('generate', '-', ...options);
    const text = readFileSync(plain, 'utf8');
    expect(text.trimEnd().split('\n')).toHaveLength(2501);
    expect(text).toMatch(
      /^ts_ms,account_id,amount,request_id\n[0-9]{13},acct-[0-9]{3},[0-9]+,[0-9a-f]{32}\n/,
    );
    expect(gunzipSync(readFileSync(packed)).toString()).toBe(text);
    expect(out).toBe(text);
  });

  it('makes logs that replay can send', async () => {
    const log = cli.file('log.csv.gz');
    await cli.run('generate', log, '--rows', '3000', '--accounts', '50');
    const report = await cli.json('replay', log, '--create-accounts', '--id-prefix', 'log');
    expect(report).toMatchObject({ exitCode: 0, rows: 3000, succeeded: 3000, badRows: { count: 0 } });
    expect(service.accounts.size).toBeLessThanOrEqual(50);
  });
});

describe('a secret', () => {
  it('is the key from standard input, from a file, or from the variable', async () => {
    const list = async (environment: Readonly<Record<string, string>>, ...args: string[]) => {
      const other = new CliSession({ HOTSPLIT_URL: service.url, ...environment });
      other.input = ' secret\n';
      const ended = await other.run('account', 'list', ...args);
      other.end();
      return ended;
    };
    const file = cli.file('key', 'secret\n');
    expect(await list({}, '--key', '-')).toMatchObject({ exitCode: 0 });
    expect(await list({ HOTSPLIT_KEY_FILE: file })).toMatchObject({ exitCode: 0 });
    expect(await list({ HOTSPLIT_ADMIN_KEY_FILE: file })).toMatchObject({ exitCode: 0 });
    expect(await list({ HOTSPLIT_KEY: 'wrong', HOTSPLIT_ADMIN_KEY_FILE: file })).toMatchObject({
      exitCode: 1,
    });
    expect(await list({ HOTSPLIT_KEY_FILE: `${file}.none` })).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('HOTSPLIT_KEY_FILE') as string,
    });
    expect(await list({ HOTSPLIT_KEY_FILE: cli.file('empty', '\n') })).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('is empty') as string,
    });
    expect(await list({ HOTSPLIT_KEY: 'two\nlines' })).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('cannot be sent') as string,
    });
  });

  it('is asked for by name when standard input holds none', async () => {
    expect(await cli.run('account', 'list', '--key', '-')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('the API key is to come from standard input, and nothing came') as string,
    });
  });
});
