import { createHash } from 'node:crypto';
import { parseLocation } from '../../src/shards/shard-address';
import {
  allMethods,
  failureOf,
  GrpcClient,
  type GrpcOutcome,
  resultsIn,
  streamBytes,
  type StreamResult,
} from '../setup/grpc-client';
import { rawSql } from '../setup/raw-sql';
import type { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const SCOPES = ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'] as const;
type Scope = (typeof SCOPES)[number];

/** Who may call what over gRPC, beside `admin`. */
const METHODS: Readonly<Record<string, Scope>> = {
  'DeductionService/Deduct': 'deduct',
  'DeductionService/BatchDeduct': 'deduct',
  'DeductionService/StreamDeduct': 'deduct',
  'DeductionService/Credit': 'credit',
  'DeductionService/Reverse': 'refund',
  'DeductionService/Hold': 'deduct',
  'DeductionService/ConfirmHold': 'deduct',
  'DeductionService/CancelHold': 'deduct',
  'AccountService/CreateAccount': 'accounts',
  'AccountService/GetAccount': 'read',
  'AccountService/GetBalance': 'read',
  'AccountService/ListEntries': 'read',
  'AdminService/ResizeSubAccounts': 'admin',
  'AdminService/Rebalance': 'admin',
  'AdminService/GetOperation': 'admin',
  'AdminService/ListSubAccounts': 'admin',
};

describe.each(SITES)('[$mark] what a key may do', ({ make, mark }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let grpc: GrpcClient;

  beforeAll(async () => {
    site = await make(1);
    service = await startTestService(site);
    rest = service.rest;
    grpc = new GrpcClient(service.grpcAddress);
    await rest.createAccount({ id: 'acct', initialBalance: 1_000 });
  });

  afterAll(async () => {
    grpc.close();
    await service.stop();
    await site.drop();
  });

  const made = async (wanted: { scopes: readonly Scope[] }): Promise<string> => {
    const { status: http, body } = await rest.post('/v1/admin/keys', { name: 'made', ...wanted });
    expect(http).toBe(201);
    return String(body['key']);
  };

  /** How a stream ends that sends one message, and what it answered. */
  const streamed = (key: string, items: Parameters<typeof streamBytes>[0]) =>
    new Promise<{ outcome: GrpcOutcome; results: readonly StreamResult[] }>((resolve) => {
      const results: StreamResult[] = [];
      const stream = grpc.stream({ key });
      stream.on('data', (bytes: Buffer) => results.push(...resultsIn(bytes)));
      stream.on('error', (error) => {
        resolve({ outcome: failureOf(error as Parameters<typeof failureOf>[0]), results });
      });
      stream.on('end', () => {
        resolve({ outcome: { kind: 'answered', message: {} }, results });
      });
      if (items.length > 0) stream.write(streamBytes(items));
      stream.end();
    });

  describe('over gRPC', () => {
    it('is known for every method', () => {
      const known = Object.keys(METHODS).map((method) => `hotsplit.v1.${method}`);
      expect(known.sort()).toEqual(allMethods().sort());
    });

    it.each(SCOPES)('follows from the scope %s, method by method', async (given) => {
      const key = await made({ scopes: [given] });
      for (const [method, needed] of Object.entries(METHODS)) {
        const outcome = method.endsWith('StreamDeduct')
          ? (await streamed(key, [])).outcome
          : await grpc.call(`hotsplit.v1.${method}`, {}, { key });
        const isDenied = outcome.kind === 'failed' && outcome.code === 'PERMISSION_DENIED';
        expect([method, isDenied]).toEqual([method, given !== needed && given !== 'admin']);
      }
    });
  });

  describe('with an opening balance, needs the scope credit beside accounts', () => {
    it.each([
      [['accounts'], 403, 'PERMISSION_DENIED'],
      [['accounts', 'credit'], 200, 'ok'],
    ] as const)('%j', async (scopes, http, code) => {
      const key = await made({ scopes });
      const body = { id: `opened-${scopes.length}`, initialBalance: '5' };
      const overRest = await rest.as(key).createAccount(body);
      const overGrpc = await grpc.call(
        'hotsplit.v1.AccountService/CreateAccount',
        { asset: 'USD/2', ...body },
        { key },
      );
      expect([overRest.status >= 400 ? overRest.status : 200, overRest.body['code'] ?? 'ok']).toEqual([
        http,
        code,
      ]);
      expect(overGrpc.kind === 'failed' ? overGrpc.code : 'ok').toBe(code);
      const empty = await rest.as(key).createAccount({ id: `empty-${scopes.length}`, initialBalance: 0 });
      expect(empty.status).toBe(201);
    });
  });

  describe('of a refusal’s balance', () => {
    const short = { accountId: 'acct', amount: '100000' };

    it.each([
      [['deduct'], undefined],
      [['deduct', 'refund', 'credit', 'accounts'], undefined],
      [['deduct', 'read'], '1000'],
      [['admin'], '1000'],
    ] as const)('shows %j that it is %s, at every door', async (scopes, available) => {
      const key = await made({ scopes });
      const client = rest.as(key);
      const over = (method: string): Promise<GrpcOutcome> =>
        grpc.call(`hotsplit.v1.DeductionService/${method}`, { ...short, requestId: 'short' }, { key });
      const batched = await client.post('/v1/deductions:batch', {
        items: [{ ...short, requestId: 'short' }],
      });
      const batch = await grpc.call(
        'hotsplit.v1.DeductionService/BatchDeduct',
        { items: [{ ...short, requestId: 'short' }] },
        { key },
      );
      const told = [
        (await client.deduct('acct', 'short', 100_000)).body,
        (await client.hold('acct', 'short', 100_000)).body,
        (batched.body['results'] as { error: object }[])[0]?.error,
        dataOf(await over('Deduct')),
        dataOf(await over('Hold')),
        (batch.kind === 'answered' ? (batch.message['results'] as StreamResult[]) : [])[0]?.error?.data,
        (await streamed(key, [{ ...short, requestId: 'short' }])).results[0]?.error?.data,
      ] as readonly ({ available?: string } | undefined)[];
      expect(told.map((each) => each?.available)).toEqual(told.map(() => available));
      expect(JSON.stringify(told).includes('1000"')).toBe(available !== undefined);
    });
  });

  describe('that was made before refunds had a scope of their own', () => {
    it.each([
      ['read,deduct', ['read', 'deduct', 'refund'], 404],
      ['read,credit', ['read', 'credit'], 403],
      ['admin', ['admin'], 404],
    ])('is with %s what it was then', async (scopes, shown, reversal) => {
      const secret = `hs_of_old_${scopes}`;
      const database = await rawSql(parseLocation(site.shards[0] as string), mark);
      // As the build before wrote it: without the columns that came later.
      await database.run(
        'INSERT INTO api_key (key_id, name, secret_hash, scopes, created_at_us) VALUES (?, ?, ?, ?, 1)',
        ...[`old_${reversal}_${shown.length}`, scopes, createHash('sha256').update(secret).digest(), scopes],
      );
      await database.close();
      const listed = await rest.all<{ name: string; scopes: string[] }>('/v1/admin/keys');
      expect(listed.find(({ name }) => name === scopes)?.scopes).toEqual(shown);
      const answer = await rest.as(secret).reverse('acct', 'never', 'r', 1);
      expect([answer.status, answer.body['code']]).toEqual([
        reversal,
        reversal === 404 ? 'ENTRY_NOT_FOUND' : 'PERMISSION_DENIED',
      ]);
    });
  });
});

function dataOf(outcome: GrpcOutcome): Readonly<Record<string, string>> | undefined {
  return outcome.kind === 'failed' ? outcome.data : undefined;
}
