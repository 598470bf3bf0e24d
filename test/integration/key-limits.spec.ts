import { createHash } from 'node:crypto';
import { eventually } from '../setup/eventually';
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
import { ANY_SITE, type ServiceSite, SITES } from '../setup/service-sites';

const SCOPES = ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'] as const;
type Scope = (typeof SCOPES)[number];

/** Who may call what over gRPC, beside `admin`. */
const METHODS: Readonly<Record<string, Scope | readonly Scope[]>> = {
  'DeductionService/Deduct': 'deduct',
  'DeductionService/BatchDeduct': 'deduct',
  'DeductionService/SubmitDeductions': 'deduct',
  'DeductionService/StreamDeduct': 'deduct',
  'DeductionService/Credit': 'credit',
  'DeductionService/Reverse': 'refund',
  'DeductionService/Transfer': 'deduct',
  'DeductionService/Hold': 'deduct',
  'DeductionService/ConfirmHold': 'deduct',
  'DeductionService/CancelHold': 'deduct',
  'DeductionService/ExtendHold': 'deduct',
  'DeductionService/RaiseHold': 'deduct',
  'DeductionService/ReverseCredit': 'refund',
  'DeductionService/BatchHold': 'deduct',
  'DeductionService/BatchConfirmHold': 'deduct',
  'DeductionService/GetDeduction': ['read', 'deduct'],
  'DeductionService/GetHold': ['read', 'deduct'],
  'DeductionService/ListHolds': 'read',
  'AccountService/CreateAccount': 'accounts',
  'AccountService/GetAccount': 'read',
  'AccountService/ListAccounts': 'read',
  'AccountService/CreateBudget': 'accounts',
  'AccountService/ChangeBudget': 'accounts',
  'AccountService/DeleteBudget': 'accounts',
  'AccountService/GetBudget': 'read',
  'AccountService/ListBudgets': 'read',
  'AccountService/FreezeAccount': 'accounts',
  'AccountService/UnfreezeAccount': 'accounts',
  'AccountService/UpdateAccount': 'accounts',
  'AccountService/CloseAccount': 'accounts',
  'AccountService/GetBalance': 'read',
  'AccountService/ListEntries': 'read',
  'AccountService/GetEntry': 'read',
  'AccountService/GetStatement': 'read',
  'AccountService/GetSummary': 'read',
  'EventService/ListEvents': 'read',
  'AdminService/ResizeSubAccounts': 'admin',
  'AdminService/Rebalance': 'admin',
  'AdminService/GetOperation': 'admin',
  'AdminService/ListOperations': 'admin',
  'AdminService/ListAuditLog': 'admin',
  'AdminService/ListSubAccounts': 'admin',
  'AdminService/SetStrategy': 'admin',
  'AdminService/SetAutoSplit': 'admin',
  'AdminService/ListHotAccounts': 'admin',
  'AdminService/RepairAccount': 'admin',
  'AdminService/StartAudit': 'admin',
  'AdminService/ListShards': 'admin',
  'AdminService/RegisterShard': 'admin',
  'AdminService/RemoveShard': 'admin',
  'AdminService/CreateKey': 'admin',
  'AdminService/ListKeys': 'admin',
  'AdminService/ChangeKey': 'admin',
  'AdminService/DeleteKey': 'admin',
  'AdminService/CreateWebhook': 'admin',
  'AdminService/ListWebhooks': 'admin',
  'AdminService/UpdateWebhook': 'admin',
  'AdminService/DeleteWebhook': 'admin',
  'AdminService/RotateWebhookSecret': 'admin',
  'AdminService/ListWebhookDeliveries': 'admin',
  'AdminService/RedeliverWebhook': 'admin',
};

describe.each(ANY_SITE)('[$mark] what a key may do', ({ make, mark }) => {
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

  const made = async (wanted: {
    scopes: readonly Scope[];
    accounts?: readonly string[];
  }): Promise<string> => {
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
        const may = given === 'admin' || [needed].flat().includes(given);
        expect([method, isDenied]).toEqual([method, !may]);
      }
    });

    it('is nothing on other accounts than those that the key is limited to, method by method', async () => {
      const key = await made({ scopes: SCOPES, accounts: ['elsewhere:'] });
      const fields = { accountId: 'acct', requestId: 'r', holdId: 'h', reverses: 'r', amount: '1', count: 1 };
      const between = { fromAccount: 'acct', toAccount: 'elsewhere:1' };
      const items = [{ accountId: 'acct', requestId: 'r', holdId: 'h', amount: '1' }];
      const answers: Record<string, unknown> = {};
      for (const method of Object.keys(METHODS)) {
        const outcome = method.endsWith('StreamDeduct')
          ? (await streamed(key, items)).results[0]?.error
          : await grpc.call(
              `hotsplit.v1.${method}`,
              { ...fields, ...between, items, id: 'acct', asset: 'USD/2', operationId: 'none' },
              { key },
            );
        const batched = (outcome as { message?: { results?: StreamResult[] } }).message?.results?.[0]?.error;
        answers[method] = (batched ?? (outcome as { code?: string })).code;
      }
      expect(answers).toEqual({
        ...Object.fromEntries(Object.keys(METHODS).map((method) => [method, 'PERMISSION_DENIED'])),
        'AdminService/GetOperation': 'OPERATION_NOT_FOUND',
        // It lists what the key is limited to.
        'AccountService/ListAccounts': undefined,
      });
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

describe.each(SITES)('[$mark] a key that is limited to some accounts', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let tenant: RestClient;

  beforeAll(async () => {
    site = await make(1);
    service = await startTestService(site);
    rest = service.rest;
    for (const id of ['a', 'b', 'b:', 'b:1', 'b:2', 'b:2:x', 'b:3', 'b_', 'c:1', 'd', 'd:9', 'e'])
      await rest.createAccount({ id, initialBalance: 10 });
    const { body } = await rest.post('/v1/admin/keys', {
      name: 'tenant',
      scopes: SCOPES,
      accounts: ['d:', 'b:2', 'b:', 'zz'],
    });
    tenant = rest.as(String(body['key']));
  });

  afterAll(async () => {
    tenant.close();
    await service.stop();
    await site.drop();
  });

  it.each([1, 2, 3, 50])('lists those and no others, each once, in pages of %i', async (limit) => {
    const ids = (await tenant.all<{ id: string }>('/v1/accounts', limit)).map(({ id }) => id);
    expect(ids).toEqual(['b:', 'b:1', 'b:2', 'b:2:x', 'b:3', 'd:9']);
  });

  it('goes on behind a cursor of another key within its own', async () => {
    const [first] = (await rest.page<{ id: string }>('/v1/accounts?limit=1')).items;
    const { nextCursor } = await rest.page('/v1/accounts?limit=1');
    const page = await tenant.page<{ id: string }>(`/v1/accounts?limit=2&cursor=${nextCursor ?? ''}`);
    expect([first?.id, page.items.map(({ id }) => id)]).toEqual(['a', ['b:', 'b:1']]);
  });

  it('uses those, and creates them', async () => {
    expect((await tenant.deduct('b:1', 'k', 1)).status).toBe(201);
    expect((await tenant.get('/v1/accounts/b:1/deductions/k')).status).toBe(200);
    expect((await tenant.createAccount({ id: 'd:new' })).status).toBe(201);
    expect((await tenant.createAccount({ id: 'f' })).body['code']).toBe('PERMISSION_DENIED');
  });

  it('is refused others by their names alone, whether there are such or not', async () => {
    const told = await Promise.all(['a', 'nobody'].map((id) => tenant.get(`/v1/accounts/${id}/balance`)));
    expect(told.map(({ status }) => status)).toEqual([403, 403]);
    expect(told[0]?.body).toEqual(told[1]?.body);
  });

  it('reads no name in another spelling', async () => {
    expect((await tenant.get('/v1/accounts/%62:1')).status).toBe(200);
    expect((await tenant.get('/v1/accounts/%61')).status).toBe(403);
    expect((await tenant.get('/v1/accounts/b:%2f..%2fa')).status).toBe(400);
  });

  it('is refused the items of a batch that are for others, and those alone', async () => {
    const results = await tenant.deductMany([
      { accountId: 'a', amount: 1, requestId: 'm' },
      { accountId: 'b:2', amount: 1, requestId: 'm' },
      { accountId: 'nobody', amount: 1, requestId: 'm' },
    ]);
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual([
      ['rejected', 'PERMISSION_DENIED'],
      ['succeeded', undefined],
      ['rejected', 'PERMISSION_DENIED'],
    ]);
    expect(await rest.available('a')).toBe(10n);
  });

  it('follows the operations of those, and of no others', async () => {
    const begun = await Promise.all(
      ['b:3', 'e'].map((id) => rest.send('POST', `/v1/admin/accounts/${id}/rebalance`)),
    );
    const audit = await rest.send('POST', '/v1/admin/audits');
    const seen = await Promise.all(
      [...begun, audit].map(({ headers }) => tenant.get(headers['location'] ?? '')),
    );
    expect(seen.map(({ status, body }) => [status, body['code']])).toEqual([
      [200, undefined],
      [404, 'OPERATION_NOT_FOUND'],
      [404, 'OPERATION_NOT_FOUND'],
    ]);
  });

  it('cannot make itself or another key wider', async () => {
    for (const [method, path] of [
      ['POST', '/v1/admin/keys'],
      ['GET', '/v1/admin/keys'],
      ['PUT', '/v1/admin/keys/key_x'],
      ['DELETE', '/v1/admin/keys/key_x'],
    ] as const) {
      const json = method === 'POST' ? { name: 'wider', scopes: ['admin'] } : {};
      expect((await tenant.send(method, path, { json })).status).toBe(403);
    }
  });
});

describe.each(SITES)('[$mark] the limits of a key', ({ make, mark }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await make(1);
    service = await startTestService({ ...site, settings: { HOTSPLIT_KEY_RECHECK_MS: '100' } });
    rest = service.rest;
    await rest.createAccount({ id: 'acct' });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const create = async (more: object): Promise<Readonly<Record<string, unknown>>> => {
    const { status, body } = await rest.post('/v1/admin/keys', {
      name: 'limited',
      scopes: ['read'],
      ...more,
    });
    expect(status).toBe(201);
    return body;
  };
  const shown = async (keyId: unknown): Promise<Readonly<Record<string, unknown>> | undefined> =>
    (await rest.all<Readonly<Record<string, unknown>>>('/v1/admin/keys')).find(
      (key) => key['keyId'] === keyId,
    );

  it('are shown when it is made, and in the list', async () => {
    const limits = { accounts: ['a', 'b:'], expiresAt: '2199-01-01T00:00:00.000Z' };
    const { key, ...others } = await create({ ...limits, expiresAt: '2199-01-01T01:00:00+01:00' });
    expect(key).toMatch(/^hs_/);
    expect(others).toMatchObject(limits);
    expect(await shown(others['keyId'])).toMatchObject(limits);
  });

  it('are changed one by one, at once on the instance that changes them', async () => {
    const { key, keyId } = await create({ accounts: ['other'], expiresAt: '2199-01-01T00:00:00Z' });
    const client = rest.as(String(key));
    const change = async (json: object): Promise<unknown> => {
      const { status, body } = await rest.put(`/v1/admin/keys/${String(keyId)}`, json);
      expect([status, body]).toEqual([200, await shown(keyId)]);
      return (await client.get('/v1/accounts/acct')).status;
    };
    expect((await client.get('/v1/accounts/acct')).status).toBe(403);
    expect(await change({ accounts: ['ac'] })).toBe(200);
    expect(await change({ scopes: ['deduct'] })).toBe(403);
    expect((await client.post('/v1/accounts/acct/deductions/d/reversals', {})).status).toBe(403);
    expect(await change({ scopes: ['read'], accounts: null })).toBe(200);
    expect(await shown(keyId)).not.toHaveProperty('accounts');
    expect(await shown(keyId)).toHaveProperty('expiresAt');
    expect(await change({})).toBe(200);
    expect(await change({ expiresAt: '2001-01-01T00:00:00Z' })).toBe(401);
    expect(await change({ expiresAt: null })).toBe(200);
    expect((await rest.put('/v1/admin/keys/key_none', {})).body['code']).toBe('KEY_NOT_FOUND');
  });

  it.each([
    [{ accounts: [] }, 'accounts'],
    [{ accounts: [''] }, 'accounts'],
    [{ accounts: ['a,b'] }, 'accounts'],
    [{ accounts: ['a', 'a'] }, 'accounts'],
    [{ accounts: Array.from({ length: 17 }, (_, n) => `a${n}`) }, 'accounts'],
    [{ accounts: ['x'.repeat(65)] }, 'accounts'],
    [{ expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ expiresAt: 1_900_000_000 }, 'expiresAt'],
    [{ expiresAt: '2001-01-01T00:00:00Z' }, 'expiresAt'],
    [{ expiresAt: '2255-01-01T00:00:00Z' }, 'expiresAt'],
    [{ requestsPerSecond: 0 }, 'requestsPerSecond'],
  ])('are refused as %j', async (more, field) => {
    const { status, body } = await rest.post('/v1/admin/keys', { name: 'n', scopes: ['read'], ...more });
    expect([status, (body['errors'] as { field: string }[])[0]?.field.split('.')[0]]).toEqual([400, field]);
  });

  it('end it by the directory’s clock', async () => {
    const { key, keyId } = await create({});
    const client = rest.as(String(key));
    expect((await client.get('/v1/accounts')).status).toBe(200);
    const database = await rawSql(parseLocation(site.shards[0] as string), mark);
    const now = mark === 'sqlite' ? `unixepoch('subsec') * 1000000` : 'UNIX_TIMESTAMP(NOW(6)) * 1000000';
    await database.run(
      `UPDATE api_key SET expires_at_us = CAST(${now} AS ${mark === 'sqlite' ? 'INTEGER' : 'UNSIGNED'}) - 1 WHERE key_id = ?`,
      String(keyId),
    );
    await database.close();
    await eventually('the end of the key', async () => {
      const { status, body } = await client.get('/v1/accounts');
      return status === 401 ? body['detail'] : undefined;
    });
  });

  it('come with when it was last used', async () => {
    const { key, keyId } = await create({});
    expect(await shown(keyId)).not.toHaveProperty('lastUsedAt');
    await rest.as(String(key)).get('/v1/accounts');
    const used = await eventually('the note of its use', async () => (await shown(keyId))?.['lastUsedAt']);
    expect(used).toMatch(/^20\d\d-.*Z$/);
  });
});

function dataOf(outcome: GrpcOutcome): Readonly<Record<string, string>> | undefined {
  return outcome.kind === 'failed' ? outcome.data : undefined;
}
