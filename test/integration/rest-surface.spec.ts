import { CALLS } from '../../src/contract/contract';
import { aString, containing, including, matching } from '../setup/matching';
import type { RestClient } from '../setup/rest-client';
import { routesOf } from '../setup/routes';
import { startTestService, type TestService } from '../setup/service';
import { ANY_SITE, type ServiceSite } from '../setup/service-sites';

type Operations = Readonly<
  Record<string, Readonly<Record<string, { operationId?: string; responses?: object; security?: unknown }>>>
>;

type Responses = Readonly<Record<string, { readonly content?: object }>>;

/** The contract's paths that stand so far. */
const CONTRACT = [
  'POST /v1/accounts',
  'GET /v1/accounts',
  'GET /v1/accounts/{accountId}',
  'POST /v1/accounts/{accountId}/deductions',
  'POST /v1/accounts/{accountId}/credits',
  'GET /v1/accounts/{accountId}/deductions/{requestId}',
  'POST /v1/accounts/{accountId}/deductions/{requestId}/reversals',
  'POST /v1/accounts/{accountId}/holds',
  'GET /v1/accounts/{accountId}/holds/{holdId}',
  'POST /v1/accounts/{accountId}/holds/{holdId}/confirm',
  'POST /v1/accounts/{accountId}/holds/{holdId}/cancel',
  'POST /v1/holds:batch',
  'POST /v1/holds:confirm',
  'GET /v1/accounts/{accountId}/balance',
  'GET /v1/accounts/{accountId}/entries',
  'GET /v1/accounts/{accountId}/entries/{requestId}',
  'GET /v1/accounts/{accountId}/statement',
  'GET /v1/accounts/{accountId}/summary',
  'POST /v1/deductions:batch',
  'POST /v1/accounts/{accountId}/freeze',
  'POST /v1/accounts/{accountId}/unfreeze',
  'POST /v1/accounts/{accountId}/close',
  'GET /v1/admin/accounts/{accountId}/sub-accounts',
  'PUT /v1/admin/accounts/{accountId}/sub-accounts',
  'PUT /v1/admin/accounts/{accountId}/strategy',
  'POST /v1/admin/accounts/{accountId}/rebalance',
  'POST /v1/admin/accounts/{accountId}/repair',
  'GET /v1/admin/operations/{operationId}',
  'GET /v1/admin/shards',
  'POST /v1/admin/shards',
  'DELETE /v1/admin/shards/{shard}',
  'POST /v1/admin/audits',
  'GET /v1/admin/keys',
  'POST /v1/admin/keys',
  'PUT /v1/admin/keys/{keyId}',
  'DELETE /v1/admin/keys/{keyId}',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
];

/** What the API shows around its calls: its description, its pages, its health, and its answer to what it does not know. */
describe.each(ANY_SITE)('[$mark] the surface of the REST API', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let routes: () => string[];

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService({ ...site, extend: (server) => (routes = () => routesOf(server)) });
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  describe('/openapi.json', () => {
    it('is an OpenAPI 3.1 document with the contract’s paths', async () => {
      const { status, body, headers } = await rest.as(undefined).get('/openapi.json');
      expect([status, headers['content-type']]).toEqual([200, containing('application/json')]);
      expect(body).toMatchObject({
        openapi: matching(/^3\.1\./),
        info: { title: 'hotsplit', version: matching(/^\d+\.\d+\.\d+/) },
        components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      });
      expect(documented(body['paths'] as Operations)).toEqual(including(...CONTRACT));
    });

    it('documents every route that the server answers, and none that it does not', async () => {
      const paths = (await rest.get('/openapi.json')).body['paths'] as Operations;
      expect(documented(paths)).toEqual(routes());
    });

    it('serves the calls of the contract, each once, and describes them in its order', async () => {
      const paths = (await rest.get('/openapi.json')).body['paths'] as Operations;
      const names = Object.values(paths).flatMap((operations) => Object.values(operations).map(nameOf));
      expect([...names].sort()).toEqual(CALLS.map(({ name }) => name).sort());
      const firsts = Object.values(paths).map((operations) => nameOf(Object.values(operations)[0]));
      const ranks = firsts.map((name) => CALLS.findIndex((call) => call.name === name));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    });

    it('describes the answers of every operation, refusals included', async () => {
      const paths = (await rest.get('/openapi.json')).body['paths'] as Operations;
      for (const [path, operations] of Object.entries(paths).filter(([path]) => path.startsWith('/v1/'))) {
        for (const [method, { responses = {} }] of Object.entries(operations)) {
          const codes = Object.keys(responses);
          expect([path, method, codes.some((code) => /^20\d$/.test(code))]).toEqual([path, method, true]);
          expect(codes.map((code) => code.toLowerCase())).toEqual(including('4xx', '5xx'));
        }
      }
    });

    it('describes every answer with a body, and refusals as the problems that they are', async () => {
      const paths = (await rest.get('/openapi.json')).body['paths'] as Operations;
      for (const [path, operations] of Object.entries(paths)) {
        for (const [method, { responses = {}, operationId }] of Object.entries(operations)) {
          for (const [status, { content }] of Object.entries(responses as Responses)) {
            const types = Object.keys(content ?? {});
            const isDocument = path.endsWith('/statement') && status === '200';
            const forms = isDocument ? ['application/json', 'text/csv', 'text/html'] : [aString];
            const expected = /^[45]XX$/.test(status) ? ['application/problem+json'] : forms;
            expect([method, path, status, types]).toEqual([
              method,
              path,
              status,
              hasNoBody(operationId, status) ? [] : expected,
            ]);
          }
        }
      }
    });

    it('gives every operation a name of its own, for generated clients', async () => {
      const paths = (await rest.get('/openapi.json')).body['paths'] as Operations;
      const names = Object.values(paths).flatMap((operations) => Object.values(operations).map(nameOf));
      for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
      expect(new Set(names).size).toBe(names.length);
    });

    it('says of every time that it is one, for generated clients', async () => {
      const { text } = await rest.get('/openapi.json');
      const times = [...text.matchAll(/"(createdAt|expiresAt|asOf|lastUsedAt)":(\{[^{}]*\})/g)];
      expect(times.length).toBeGreaterThan(5);
      for (const [, name, schema] of times) {
        const { type, format } = JSON.parse(schema ?? '') as { type: unknown; format?: string };
        expect([name, [type].flat()[0], format]).toEqual([name, 'string', 'date-time']);
      }
    });

    it('describes the items of a batch', async () => {
      const { text } = await rest.get('/openapi.json');
      const { paths } = JSON.parse(text) as { paths: Record<string, { post?: { requestBody?: unknown } }> };
      expect(paths['/v1/deductions:batch']?.post?.requestBody).toMatchObject({
        content: {
          'application/json': {
            schema: { properties: { items: { items: { required: ['accountId', 'amount', 'requestId'] } } } },
          },
        },
      });
    });

    it('refers to nothing that it does not contain', async () => {
      const { body, text } = await rest.get('/openapi.json');
      const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
      expect(references).not.toEqual([]);
      for (const reference of references) {
        const target = reference
          .split('/')
          .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], body);
        expect([reference, typeof target]).toEqual([reference, 'object']);
      }
    });
  });

  it('shows the documentation as a page', async () => {
    const { status, headers, text } = await rest.as(undefined).get('/docs');
    expect([status, headers['content-type']]).toEqual([200, containing('text/html')]);
    expect(text).toContain('<html');
    // Under the product's own name, and not that of whoever made the pages.
    expect(text).toContain('<title>hotsplit API</title>');
  });

  it('is alive', async () => {
    const { status, body } = await rest.as(undefined).get('/healthz');
    expect([status, body]).toEqual([200, { status: 'ok' }]);
  });

  it('is ready, shard by shard', async () => {
    const { status, body } = await rest.as(undefined).get('/readyz');
    expect([status, body]).toEqual([
      200,
      { status: 'ready', directory: 'up', shards: { s0: 'up', s1: 'up' } },
    ]);
  });

  it('counts and times commands by kind and outcome, and batches by shard', async () => {
    await rest.createAccount({ id: 'measured', subAccounts: 2, initialBalance: '100' });
    await rest.deduct('measured', 'k', 1);
    await rest.deduct('measured', 'k', 1);
    await rest.deduct('measured', 'k', 2);
    await rest.deduct('measured', 'l', 1_000);
    await rest.credit('measured', 'c', 1);
    await rest.credit('nobody', 'c', 1);
    const { headers, text } = await rest.as(undefined).get('/metrics');

    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      'hotsplit_commands_total{kind="deduct",outcome="applied"} 1',
      'hotsplit_commands_total{kind="deduct",outcome="replayed"} 1',
      'hotsplit_commands_total{kind="deduct",outcome="keyReused"} 1',
      'hotsplit_commands_total{kind="deduct",outcome="insufficientFunds"} 1',
      'hotsplit_commands_total{kind="credit",outcome="applied"} 1',
      'hotsplit_commands_total{kind="credit",outcome="accountNotFound"} 1',
      'hotsplit_command_seconds_count{kind="deduct"} 4',
      'hotsplit_lane_depth{shard="s0",lane="0"} 0',
      'hotsplit_lane_depth{shard="s1",lane="0"} 0',
      'hotsplit_defects_total 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^hotsplit_batch_commands_bucket\{le="512",shard="s[01]"\} [1-9]/m);
    expect(text).toMatch(/^hotsplit_batch_seconds_count\{shard="s[01]"\} [1-9]/m);
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
  });

  it.each([
    '/',
    '/v1',
    '/v2/accounts',
    '/v1/accounts/a/b/c',
    '/console/../v1',
    '/docs/none',
    '/docs/static/%2e%2e/%2e%2e/package.json',
    '/V1/accounts',
  ])('answers 404 by name at %s, with and without a key', async (path) => {
    for (const client of [rest, rest.as(undefined)]) {
      const { status, body, headers } = await client.get(path);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect([status, body]).toEqual([
        404,
        {
          type: 'urn:hotsplit:problem:ROUTE_NOT_FOUND',
          title: aString,
          status: 404,
          code: 'ROUTE_NOT_FOUND',
          detail: aString,
        },
      ]);
    }
  });
});

function nameOf(operation: object | undefined): string | undefined {
  return (operation as { operationId?: string } | undefined)?.operationId;
}

function documented(paths: Operations): string[] {
  return Object.entries(paths)
    .flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .sort();
}

/** Whether the contract says so; the status says it of 204 alone. */
function hasNoBody(operationId: string | undefined, status: string): boolean {
  const answers: Readonly<Record<string, object>> =
    CALLS.find(({ name }) => name === operationId)?.answers ?? {};
  return (answers[status] as { readonly type?: string } | undefined)?.type === 'null';
}
