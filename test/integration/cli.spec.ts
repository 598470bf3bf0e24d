import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request as forward,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/program';
import { processSurroundings } from '../../src/cli/surroundings';
import { PATIENCE } from '../setup/service';
import { eventually } from '../setup/eventually';

/**
 * The command line against the real service on SQLite, with a gate between them that tells how far a replay is, so that either
 * can be killed in the middle of one. The service is started once, and every test has accounts of its own; a command is a process
 * of its own only where it is killed or stopped by signal.
 */
const REPOSITORY = resolve(__dirname, '..', '..');
const REAL_LOG = resolve(REPOSITORY, '..', 'shared', 'data', 'charges-ipinyou.csv.gz');
const KEY = 'integration-tests-of-the-command-line';
const OPENING = 10n ** 15n;

interface Report {
  readonly completed: boolean;
  readonly succeeded: number;
  readonly replayed: number;
  readonly received?: number;
  readonly amount: string;
  readonly amountReceived: string;
  readonly skipped: number;
  readonly accounts: Record<string, { readonly rows: number; readonly amount: string }>;
}

let folder: string;
let service: Service;
let gate: Gate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplit-cli-'));
  service = await startService();
  gate = await Gate.open(() => service.url);
});

afterEach(() => {
  gate.countAnew();
});

afterAll(async () => {
  await service.kill();
  await gate.close();
  rmSync(folder, { recursive: true });
});

describe('the command line and the service', () => {
  it('agree on accounts, credits, deductions, holds and reversals', async () => {
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await command(...args, '--json')).out);
    await json('account', 'create', 'a', '--asset', 'USD/2', '--initial-balance', '100');
    expect(await json('credit', 'a', '50')).toMatchObject({
      kind: 'credit',
      status: 'succeeded',
      amount: '50',
    });
    const deduct = ['deduct', 'a', '120', '--request-id', 'r1', '--reference', 'order 5'];
    expect(await json(...deduct)).toMatchObject({ kind: 'deduction', requestId: 'r1', replayed: false });
    expect(await json(...deduct)).toMatchObject({ kind: 'deduction', requestId: 'r1', replayed: true });
    expect(await json('deduct', 'a', '31')).toMatchObject({ error: { code: 'INSUFFICIENT_FUNDS' } });
    expect(await json('hold', 'a', '20', '--request-id', 'h1', '--expires-in', '60')).toMatchObject({
      kind: 'hold',
      status: 'held',
    });
    expect(await json('confirm', 'a', 'h1', '15')).toMatchObject({
      status: 'confirmed',
      confirmedAmount: '15',
    });
    expect(await json('cancel', 'a', 'h1')).toMatchObject({ error: { code: 'HOLD_ALREADY_CONFIRMED' } });
    expect(await json('cancel', 'a', 'h2')).toMatchObject({ status: 'cancelled', replayed: false });
    const reverse = ['reverse', 'a', 'h1', '--request-id', 'back'];
    expect(await json(...reverse)).toMatchObject({ kind: 'reversal', reverses: 'h1', amount: '15' });
    expect(await json(...reverse)).toMatchObject({ replayed: true });
    const submit = ['submit', 'a', '1', '--request-id', 's1'];
    expect(await json(...submit)).toMatchObject({ requestId: 's1', status: 'received', replayed: false });
    await eventually('the charge', async () => {
      const { status } = (await json('deduction', 'a', 's1')) as { status: string };
      return status === 'succeeded' ? true : undefined;
    });
    expect(await json(...submit)).toMatchObject({ status: 'succeeded', replayed: true });
    await json('credit', 'a', '1');
    expect(await json('account', 'show', 'a')).toMatchObject({ id: 'a', balance: { total: '30' } });
    expect(await json('account', 'list')).toMatchObject({ items: [{ id: 'a', asset: 'USD/2' }] });
    expect(await json('balance', 'a', '--consistency', 'snapshot')).toMatchObject({ total: '30', held: '0' });
    expect(await json('held', 'a', 'h1')).toMatchObject({ status: 'confirmed', confirmedAmount: '15' });
    const { items } = (await json('entries', 'a', '--kind', 'deduction')) as {
      items: { requestId: string }[];
    };
    expect(items.map(({ requestId }) => requestId)).toEqual(['s1', 'r1']);
    expect(await json('health')).toMatchObject({ status: 'ready' });
    expect((await command('metrics', '--name', 'hotsplit_shard_up', '-o', 'csv')).out).toMatch(
      /^name,labels,value\nhotsplit_shard_up,shard=s0,1\n/,
    );
  });

  it('agree on how accounts are split, on their status, on shards and on the audit', async () => {
    const json = async (...args: string[]): Promise<unknown> => {
      const { exitCode, out } = await command(...args, '--json');
      return { exitCode, ...(JSON.parse(out) as object) };
    };
    await json('account', 'create', 'b', '--asset', 'USD/2', '--initial-balance', '100');
    const file = join(folder, 'service', 'late.sqlite');
    expect(await json('shard', 'add', 'late', `sqlite:${file}`)).toMatchObject({ exitCode: 0, status: 'up' });
    expect(await json('shard', 'add', 'late', `sqlite:${file}`)).toMatchObject({
      exitCode: 1,
      error: { code: 'SHARD_EXISTS' },
    });
    const resize = ['account', 'resize', 'b', '--count', '6', '--shards', 'late,s1'];
    expect(await json(...resize)).toMatchObject({ exitCode: 0, status: 'done', result: { subAccounts: 6 } });
    expect(await json(...resize, '--if-match', '1')).toMatchObject({
      exitCode: 1,
      error: { code: 'PRECONDITION_FAILED' },
    });
    const begun = (await json('account', 'rebalance', 'b', '--no-wait')) as { operationId: string };
    expect(await json('operation', 'show', begun.operationId)).toMatchObject({ kind: 'rebalance' });
    expect(await json('operation', 'list', '--limit', '1')).toMatchObject({
      items: [begun.operationId].map((operationId) => ({ operationId })),
    });
    const { items } = (await json('account', 'sub-accounts', 'b')) as { items: { shard: string }[] };
    expect(items.map(({ shard }) => shard)).toEqual(expect.arrayContaining(['late', 's1']));

    expect(await json('account', 'freeze', 'b')).toMatchObject({ exitCode: 0, status: 'frozen' });
    expect(await json('deduct', 'b', '1')).toMatchObject({ exitCode: 1, error: { code: 'ACCOUNT_FROZEN' } });
    expect(await json('account', 'unfreeze', 'b')).toMatchObject({ exitCode: 0, status: 'active' });
    expect(await json('account', 'close', 'b')).toMatchObject({ error: { code: 'ACCOUNT_NOT_EMPTY' } });

    const report = join(folder, 'report.json');
    const audited = { balanced: true, findings: [] };
    expect(await json('audit', '--report', report)).toMatchObject({ exitCode: 0, ...audited });
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject(audited);
  });

  it('generate, replay, and replay again, which changes nothing', async () => {
    const log = await generate('again', { rows: 20_000, accounts: 40 });
    const first = await replay('again', log, '--create-accounts');
    expect(first).toMatchObject({ exitCode: 0, completed: true, succeeded: 20_000 });
    expect(first.amount).toBe(sumOf(log).toString());
    const balances = await totals(Object.keys(first.accounts));

    const again = await replay('again', log, '--create-accounts');
    expect(again).toMatchObject({ exitCode: 0, succeeded: 0, replayed: 20_000, amount: '0' });
    expect(await totals(Object.keys(first.accounts))).toEqual(balances);
  });

  it('replays a log to be charged later, once however often it is sent', async () => {
    const log = await generate('later', { rows: 3_000, accounts: 10 });
    const first = await replay('later', log, '--create-accounts', '--async');
    expect(first).toMatchObject({ exitCode: 0, completed: true, succeeded: 0, replayed: 0, received: 3_000 });
    expect([first.amount, first.amountReceived]).toEqual(['0', sumOf(log).toString()]);
    await eventually('the charge of every row', async () => {
      const { replayed, received } = await replay('later', log, '--async');
      return replayed === 3_000 && received === 0 ? true : undefined;
    });
    const again = await replay('later', log);
    expect(again).toMatchObject({ exitCode: 0, succeeded: 0, replayed: 3_000, amount: '0' });
  });

  it('a replay that is killed goes on where it was, and no row is lost or taken twice', async () => {
    const log = await generate('killed', { rows: 20_000, accounts: 12 });
    await createAccounts('killed', 12);
    const checkpoint = join(folder, 'killed.checkpoint');
    const options = ['--batch-size', '200', '--checkpoint', checkpoint];
    const killed = startCli('replay', log, '--id-prefix', 'killed', ...options);
    gate.afterBatch = async (nth) => {
      if (nth !== 40) return 'pass';
      await appeared(checkpoint);
      killed.child.kill('SIGKILL');
      return 'drop';
    };
    await killed.ended;
    gate.afterBatch = undefined;

    const resumed = await replay('killed', log, ...options);
    expect(resumed).toMatchObject({ exitCode: 0, completed: true });
    expect(resumed.skipped).toBeGreaterThanOrEqual(200);
    expect(resumed.skipped + resumed.succeeded + resumed.replayed).toBe(20_000);
    expect(await spent('killed', 12)).toBe(sumOf(log));
  });

  it('a replay that is asked to stop waits for its answers, reports, and goes on later', async () => {
    const log = await generate('stopped', { rows: 20_000, accounts: 12 });
    await createAccounts('stopped', 12);
    const options = ['--batch-size', '200', '--checkpoint', join(folder, 'stopped.checkpoint')];
    const stopped = startCli('replay', log, '--json', '--id-prefix', 'stopped', ...options);
    gate.afterBatch = (nth) => {
      if (nth === 40) stopped.child.kill('SIGINT');
      return Promise.resolve('pass');
    };
    const { exitCode, out } = await stopped.ended;
    const report = JSON.parse(out) as Report;
    expect(exitCode).toBe(130);
    expect(report).toMatchObject({ completed: false, error: { code: 'INTERRUPTED' } });
    expect(report.succeeded).toBeGreaterThanOrEqual(40 * 200);
    expect(await spent('stopped', 12)).toBe(BigInt(report.amount));

    // Everything that was sent was answered, so the checkpoint leaves nothing to be replayed.
    const resumed = await replay('stopped', log, ...options);
    expect(resumed).toMatchObject({ exitCode: 0, skipped: report.succeeded, replayed: 0 });
    expect(await spent('stopped', 12)).toBe(sumOf(log));
  });

  it('a service that is killed and comes back within the patience costs nothing but time', async () => {
    const log = await generate('outage', { rows: 20_000, accounts: 12 });
    await createAccounts('outage', 12);
    gate.afterBatch = async (nth) => {
      if (nth !== 30) return 'pass';
      await service.kill();
      service = await startService();
      return 'drop';
    };
    const report = await replay('outage', log, '--batch-size', '200', '--retry-seconds', '120');
    expect(report).toMatchObject({ exitCode: 0, completed: true });
    expect(report.succeeded + report.replayed).toBe(20_000);
    expect(await spent('outage', 12)).toBe(sumOf(log));
  });

  // The log may not be published, so it is not part of the repository.
  (existsSync(REAL_LOG) ? it : it.skip)(
    'a real log with true repeats is charged once per request id',
    async () => {
      expect(await replay('real', REAL_LOG, '--create-accounts')).toMatchObject({
        exitCode: 0,
        succeeded: 9_960,
        replayed: 40,
        amount: '873434',
      });
    },
  );
});

/** @param name of the accounts and the log: another test has others */
async function generate(
  name: string,
  { rows, accounts }: { readonly rows: number; readonly accounts: number },
): Promise<string> {
  const log = join(folder, `${name}.csv`);
  await command('generate', log, '--rows', String(rows), '--accounts', String(accounts));
  writeFileSync(log, readFileSync(log, 'utf8').replaceAll('acct-', `${name}-`));
  return log;
}

async function replay(
  name: string,
  log: string,
  ...options: string[]
): Promise<Report & { exitCode: number | null }> {
  const { exitCode, out } = await command('replay', log, '--json', '--id-prefix', name, ...options);
  return { ...(JSON.parse(out) as Report), exitCode };
}

function sumOf(log: string): bigint {
  const [, ...rows] = readFileSync(log, 'utf8').trimEnd().split('\n');
  return rows.reduce((sum, row) => sum + BigInt(row.split(',')[2] ?? ''), 0n);
}

function accountIds(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${String(index + 1).padStart(2, '0')}`);
}

async function createAccounts(name: string, count: number): Promise<void> {
  for (const id of accountIds(name, count)) {
    const initialBalance = OPENING.toString();
    await call('/v1/accounts', { id, asset: 'POINTS/0', subAccounts: 8, initialBalance });
  }
}

async function totals(ids: readonly string[]): Promise<bigint[]> {
  const balances = await Promise.all(ids.map((id) => call(`/v1/accounts/${id}/balance?consistency=current`)));
  return balances.map((balance) => BigInt((balance as { total: string }).total));
}

async function call(path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${service.url}${path}`, {
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function spent(name: string, accounts: number): Promise<bigint> {
  return (await totals(accountIds(name, accounts))).reduce((sum, total) => sum + OPENING - total, 0n);
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function startNode(script: string, args: readonly string[], env: Record<string, string>): Child {
  return spawn(process.execPath, [join(REPOSITORY, 'dist', 'src', script), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command in this process. */
async function command(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const into = (name: keyof typeof texts): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        texts[name] += chunk.toString();
        done();
      },
    });
  const env = { HOTSPLIT_URL: gate.url, HOTSPLIT_KEY: KEY };
  const exitCode = await run(args, { ...processSurroundings(), env, out: into('out'), err: into('err') });
  return { exitCode, ...texts };
}

/** Runs a command as a process of its own. */
function startCli(...args: string[]): {
  child: Child;
  ended: Promise<{ exitCode: number | null; out: string; err: string }>;
} {
  const child = startNode('cli/main.js', args, { HOTSPLIT_URL: gate.url, HOTSPLIT_KEY: KEY });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    out,
    err,
  }));
  return { child, ended };
}

interface Service {
  readonly url: string;
  kill(): Promise<void>;
}

async function startService(): Promise<Service> {
  const child = startNode('main.js', [], {
    ...PATIENCE,
    HOTSPLIT_HTTP_PORT: '0',
    HOTSPLIT_GRPC_PORT: '0',
    HOTSPLIT_DATA_DIR: join(folder, 'service'),
    HOTSPLIT_ADMIN_KEY: KEY,
    HOTSPLIT_LOG_LEVEL: 'error',
  });
  const closed = once(child, 'close');
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const [, address] = /^REST\s+(http:\/\/[^/]+)/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
    });
    void closed.then(() => {
      reject(new Error(`the service did not start: ${err}`));
    });
  });
  return {
    url,
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

async function appeared(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  while (!existsSync(path)) await once(watcher, 'change');
  watcher.close();
}

/** Passes requests on, counts the answers to batches, and lets the test decide whether they arrive. */
class Gate {
  afterBatch: ((nth: number) => Promise<'pass' | 'drop'>) | undefined;
  #batches = 0;
  readonly #server: Server;

  private constructor(private readonly target: () => string) {
    this.#server = createServer((request, response) => {
      this.#pass(request, response);
    });
  }

  static async open(target: () => string): Promise<Gate> {
    const gate = new Gate(target);
    await once(gate.#server.listen(0, '127.0.0.1'), 'listening');
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** For another replay, with which nothing is done. */
  countAnew(): void {
    this.afterBatch = undefined;
    this.#batches = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    const onward = forward(`${this.target()}${request.url ?? ''}`, { method, headers, agent: false });
    // To the command line, a service that cannot be reached looks like a lost answer.
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => {
      void this.#decide(request).then((decision) => {
        if (decision === 'drop') return response.destroy();
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        return answer.pipe(response);
      });
    });
    request.pipe(onward);
  }

  #decide({ url }: IncomingMessage): Promise<'pass' | 'drop'> {
    if (url !== '/v1/deductions:batch' || this.afterBatch === undefined) return Promise.resolve('pass');
    this.#batches += 1;
    return this.afterBatch(this.#batches);
  }
}
