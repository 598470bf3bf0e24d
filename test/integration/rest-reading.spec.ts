import { gzipSync } from 'node:zlib';
import { GrpcClient } from '../setup/grpc-client';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

interface Described {
  readonly operationId?: string;
  readonly requestBody?: { readonly required?: boolean };
}

let site: ServiceSite;
let service: TestService;
let rest: RestClient;

beforeAll(async () => {
  site = await sqliteSites.make(1);
  service = await startTestService(site);
  rest = service.rest;
  await rest.createAccount({ id: 'wallet', initialBalance: 1_000_000 });
});

afterAll(async () => {
  await service.stop();
  await site.drop();
});

const deductRaw = (raw: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  rest.send('POST', '/v1/accounts/wallet/deductions', { raw, headers });

async function availableIn(id: string): Promise<unknown> {
  return (await rest.get(`/v1/accounts/${id}/balance`)).body['available'];
}

/** A body means the same to everybody who reads it, or it is refused and changes nothing. */
describe('a body', () => {
  it.each([
    ['{"amount":"1","requestId":"twice","amount":"2"}', 'amount'],
    ['{"amount":"1","requestId":"a","requestId":"b"}', 'requestId'],
    ['{"amount":"1","requestId":"n","metadata":{"k":"1","k":"2"}}', 'k'],
    ['{"amount":0.9999999999999999999,"requestId":"n"}', 'amount'],
    ['{"amount":249.99999999999999999,"requestId":"n"}', 'amount'],
    ['{"amount":"1","requestId":"n","metadata":{"__proto__":"x"}}', 'metadata'],
    ['{"amount":"1","requestId":"n","__proto__":{"reference":"x"}}', '__proto__'],
  ])('is refused that says %s', async (raw, field) => {
    const before = await availableIn('wallet');
    const { status, body } = await deductRaw(raw);
    expect([status, body['code'], body['errors']]).toEqual([
      400,
      'INVALID_ARGUMENT',
      [expect.objectContaining({ field })],
    ]);
    expect(await availableIn('wallet')).toBe(before);
  });

  it('is refused whole when a batch names a field twice, wherever', async () => {
    const items =
      '[{"accountId":"wallet","amount":"1","requestId":"b1"},{"accountId":"wallet","amount":"1","amount":"9","requestId":"b2"}]';
    const { status, body } = await rest.send('POST', '/v1/deductions:batch', { raw: `{"items":${items}}` });
    expect([status, body['errors']]).toEqual([400, [{ field: 'amount', rule: 'is given twice' }]]);
    expect((await rest.get('/v1/accounts/wallet/deductions/b1')).status).toBe(404);
  });

  it('counts by the exact value of its numbers', async () => {
    expect((await deductRaw('{"amount":25e1,"requestId":"exact"}')).body).toMatchObject({ amount: '250' });
    expect((await deductRaw('{"amount":250.0,"requestId":"exact"}')).status).toBe(200);
  });

  it('is not taken compressed', async () => {
    const raw = gzipSync('{"amount":"1","requestId":"zip"}').toString('latin1');
    const refused = await deductRaw(raw, { 'content-encoding': 'gzip' });
    expect([refused.status, refused.body['code']]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const plain = await deductRaw('{"amount":"1","requestId":"plain"}', { 'content-encoding': 'identity' });
    expect(plain.status).toBe(201);
  });

  it('may say that an account opens with nothing, at both doors', async () => {
    const grpc = new GrpcClient(service.grpcAddress);
    try {
      const made = await rest.post('/v1/accounts', { id: 'empty', asset: 'USD/2', initialBalance: '0' });
      expect([made.status, await availableIn('empty')]).toEqual([201, '0']);
      expect((await rest.post('/v1/accounts', { id: 'empty', asset: 'USD/2' })).status).toBe(200);
      expect((await rest.get('/v1/accounts/empty/entries')).body['items']).toEqual([]);
      expect(
        await grpc.call('hotsplit.v1.AccountService/CreateAccount', {
          id: 'none',
          asset: 'USD/2',
          initialBalance: 0,
        }),
      ).toMatchObject({ kind: 'answered' });
      const hostile = {
        accountId: 'wallet',
        requestId: 'p',
        amount: 1,
        metadata: JSON.parse('{"__proto__":"x"}') as object,
      };
      expect(await grpc.call('hotsplit.v1.DeductionService/Deduct', hostile)).toMatchObject({
        errors: [{ field: 'metadata' }],
      });
    } finally {
      grpc.close();
    }
  });
});

describe('an account id', () => {
  it.each(['.', '..'])('may not be %s, which plain HTTP clients cannot send in a path', async (id) => {
    const { status, body } = await rest.post('/v1/accounts', { id, asset: 'USD/2' });
    expect([status, body['errors']]).toEqual([400, [expect.objectContaining({ field: 'id' })]]);
  });

  it.each(['...', '.a', '..a', 'a.', '-', 'x'.repeat(64)])('may be %s', async (id) => {
    expect((await rest.post('/v1/accounts', { id, asset: 'USD/2' })).status).toBe(201);
  });
});

describe('an answer', () => {
  it('is kept by no cache, and taken for nothing else', async () => {
    for (const path of [
      '/v1/accounts/wallet',
      '/v1/accounts/none',
      '/healthz',
      '/nowhere',
      '/openapi.json',
    ]) {
      expect((await rest.get(path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('is framed by no other site, as a page', async () => {
    const { headers, status } = await rest.get('/docs/');
    expect([status, headers['content-security-policy']]).toEqual([
      200,
      expect.stringMatching(/default-src 'self'.*frame-ancestors 'none'/),
    ]);
  });
});

describe('the description', () => {
  it('names every operation once, and which bodies may be left out', async () => {
    const { body } = await rest.get('/openapi.json');
    const paths = body['paths'] as Readonly<Record<string, Readonly<Record<string, Described>>>>;
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id ?? ''))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    const optional = operations.filter(({ requestBody }) => requestBody?.required === false);
    expect(optional.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining(['confirmHold', 'cancelHold', 'freezeAccount', 'startAudit', 'rebalance']),
    );
    expect(optional.map(({ operationId }) => operationId)).not.toContain('deduct');
    expect(body['servers']).toEqual([expect.objectContaining({ url: '/' })]);
  });

  it('and its pages can be switched off', async () => {
    const other = await sqliteSites.make(1);
    const silent = await startTestService({ ...other, settings: { HOTSPLIT_DOCS: 'off' } });
    try {
      for (const path of ['/docs', '/docs/', '/docs/json', '/openapi.json'])
        expect((await silent.rest.get(path)).status).toBe(404);
      expect((await silent.rest.get('/healthz')).status).toBe(200);
    } finally {
      await silent.stop();
      await other.drop();
    }
  });
});
