import { containing, matching } from '../setup/matching';
import type { Answer, RestClient } from '../setup/rest-client';
import { routesOf } from '../setup/routes';
import { startTestService, type TestService } from '../setup/service';
import { ANY_SITE, SITES, type ServiceSite } from '../setup/service-sites';

const SCOPES = ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'] as const;
type Scope = (typeof SCOPES)[number];

interface Route {
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  /** A key with this scope may, and one with `admin`. */
  readonly scope: Scope;
  /** So may a key with this one. */
  readonly orScope?: Scope;
  /** The answer that a key with the route's scope gets. */
  readonly allowed: number;
  /** The answer that a key gets which is limited to other accounts, where that is none of refusal. */
  readonly limited?: number;
}

/** Who may do what: every route, for a test compares them with the server's own. */
const STREAM = '/v1/events/stream';

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/accounts', scope: 'read', allowed: 200, limited: 200 },
  { method: 'GET', path: '/v1/accounts/acct', scope: 'read', allowed: 200 },
  { method: 'HEAD', path: '/v1/accounts/acct', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/balance', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/entries', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/entries/none', scope: 'read', allowed: 404 },
  { method: 'GET', path: '/v1/accounts/acct/statement', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/summary', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/deductions/d', scope: 'read', orScope: 'deduct', allowed: 404 },
  { method: 'GET', path: '/v1/accounts/acct/budgets', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/budgets/b', scope: 'read', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/acct/budgets', json: {}, scope: 'accounts', allowed: 400 },
  { method: 'PATCH', path: '/v1/accounts/acct/budgets/b', json: {}, scope: 'accounts', allowed: 400 },
  { method: 'DELETE', path: '/v1/accounts/acct/budgets/b', scope: 'accounts', allowed: 404 },
  { method: 'POST', path: '/v1/accounts', json: {}, scope: 'accounts', allowed: 400, limited: 400 },
  { method: 'POST', path: '/v1/accounts/acct/deductions', json: {}, scope: 'deduct', allowed: 400 },
  {
    method: 'POST',
    path: '/v1/deductions:batch',
    json: { items: [] },
    scope: 'deduct',
    allowed: 200,
    limited: 200,
  },
  {
    method: 'POST',
    path: '/v1/accounts/acct/deductions/d/reversals',
    json: {},
    scope: 'refund',
    allowed: 400,
  },
  {
    method: 'POST',
    path: '/v1/accounts/acct/credits/c/reversals',
    json: {},
    scope: 'refund',
    allowed: 400,
  },
  { method: 'POST', path: '/v1/transfers', json: {}, scope: 'deduct', allowed: 400, limited: 400 },
  { method: 'POST', path: '/v1/accounts/acct/holds', json: {}, scope: 'deduct', allowed: 400 },
  { method: 'POST', path: '/v1/accounts/acct/holds/h/confirm', scope: 'deduct', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/nobody/holds/h/cancel', scope: 'deduct', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/acct/holds/h/extend', json: {}, scope: 'deduct', allowed: 400 },
  { method: 'POST', path: '/v1/accounts/acct/holds/h/raise', json: {}, scope: 'deduct', allowed: 400 },
  {
    method: 'POST',
    path: '/v1/holds:batch',
    json: { items: [] },
    scope: 'deduct',
    allowed: 200,
    limited: 200,
  },
  {
    method: 'POST',
    path: '/v1/holds:confirm',
    json: { items: [] },
    scope: 'deduct',
    allowed: 200,
    limited: 200,
  },
  { method: 'GET', path: '/v1/accounts/acct/holds', scope: 'read', allowed: 200 },
  { method: 'GET', path: '/v1/accounts/acct/holds/h', scope: 'read', orScope: 'deduct', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/acct/credits', json: {}, scope: 'credit', allowed: 400 },
  { method: 'PATCH', path: '/v1/accounts/nobody', json: {}, scope: 'accounts', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/nobody/freeze', scope: 'accounts', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/nobody/unfreeze', scope: 'accounts', allowed: 404 },
  { method: 'POST', path: '/v1/accounts/nobody/close', scope: 'accounts', allowed: 404 },
  { method: 'GET', path: '/v1/admin/accounts/acct/sub-accounts', scope: 'admin', allowed: 200 },
  { method: 'PUT', path: '/v1/admin/accounts/acct/sub-accounts', json: {}, scope: 'admin', allowed: 400 },
  { method: 'PUT', path: '/v1/admin/accounts/acct/strategy', json: {}, scope: 'admin', allowed: 400 },
  { method: 'POST', path: '/v1/admin/accounts/nobody/rebalance', scope: 'admin', allowed: 404 },
  {
    method: 'PUT',
    path: '/v1/admin/accounts/nobody/auto-split',
    json: { enabled: true },
    scope: 'admin',
    allowed: 404,
  },
  { method: 'GET', path: '/v1/admin/hot-accounts', scope: 'admin', allowed: 200 },
  { method: 'POST', path: '/v1/admin/accounts/nobody/repair', scope: 'admin', allowed: 404 },
  { method: 'GET', path: '/v1/events', scope: 'read', allowed: 200, limited: 200 },
  { method: 'GET', path: '/v1/admin/operations', scope: 'admin', allowed: 200 },
  { method: 'GET', path: '/v1/admin/audit-log', scope: 'admin', allowed: 200 },
  { method: 'GET', path: '/v1/admin/operations/none', scope: 'admin', allowed: 404, limited: 404 },
  { method: 'GET', path: '/v1/admin/shards', scope: 'admin', allowed: 200 },
  { method: 'POST', path: '/v1/admin/shards', json: {}, scope: 'admin', allowed: 400 },
  { method: 'DELETE', path: '/v1/admin/shards/none', scope: 'admin', allowed: 404 },
  { method: 'POST', path: '/v1/admin/audits', json: { all: true }, scope: 'admin', allowed: 400 },
  { method: 'GET', path: '/v1/admin/keys', scope: 'admin', allowed: 200 },
  { method: 'POST', path: '/v1/admin/keys', json: {}, scope: 'admin', allowed: 400 },
  { method: 'PUT', path: '/v1/admin/keys/key_none', json: {}, scope: 'admin', allowed: 404 },
  { method: 'DELETE', path: '/v1/admin/keys/key_none', scope: 'admin', allowed: 404 },
  { method: 'GET', path: '/v1/admin/webhooks', scope: 'admin', allowed: 200 },
  { method: 'POST', path: '/v1/admin/webhooks', json: {}, scope: 'admin', allowed: 400 },
  { method: 'PATCH', path: '/v1/admin/webhooks/wh_none', json: {}, scope: 'admin', allowed: 404 },
  { method: 'DELETE', path: '/v1/admin/webhooks/wh_none', scope: 'admin', allowed: 404 },
  { method: 'POST', path: '/v1/admin/webhooks/wh_none/rotate-secret', scope: 'admin', allowed: 404 },
  { method: 'GET', path: '/v1/admin/webhooks/wh_none/deliveries', scope: 'admin', allowed: 404 },
  {
    ...{ method: 'POST', path: '/v1/admin/webhooks/wh_none/deliveries/1/redeliver' },
    ...{ scope: 'admin', allowed: 404 },
  },
];

const OPEN = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/'];

describe.each(SITES)('[$mark] API keys', ({ make, mark }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let routes: () => string[];
  let logged: jest.SpyInstance;

  beforeAll(async () => {
    logged = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    site = await make(1);
    service = await startTestService({
      ...site,
      settings: { HOTSPLIT_LOG_LEVEL: 'debug' },
      extend: (server) => (routes = () => routesOf(server)),
    });
    rest = service.rest;
    await rest.createAccount({ id: 'acct' });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
    logged.mockRestore();
  });

  const made = async (
    name: string,
    scopes: readonly Scope[],
    accounts?: readonly string[],
  ): Promise<{ keyId: string; key: string; answer: Answer }> => {
    const answer = await rest.post('/v1/admin/keys', { name, scopes, ...(accounts && { accounts }) });
    expect(answer.status).toBe(201);
    return { keyId: answer.body['keyId'] as string, key: answer.body['key'] as string, answer };
  };
  const listed = async (): Promise<readonly Record<string, unknown>[]> =>
    (await rest.page<Record<string, unknown>>('/v1/admin/keys?limit=1000')).items;

  it('show their secret once, in an answer that nobody may keep', async () => {
    const { key, keyId, answer } = await made('billing Straße', ['read', 'credit']);
    expect(answer.body).toEqual({ keyId, name: 'billing Straße', scopes: ['read', 'credit'], key });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(key.length).toBeGreaterThanOrEqual(40);

    const entry = (await listed()).find((item) => item['keyId'] === keyId);
    expect(entry).toEqual({
      keyId,
      name: 'billing Straße',
      scopes: ['read', 'credit'],
      createdAt: matching(/^\d{4}-.*Z$/),
    });
  });

  it('never stand in a list or a log', async () => {
    const { key } = await made('quiet', ['read']);
    await rest.as(key).get('/v1/accounts');
    await rest.as(`${key}x`).get('/v1/accounts');
    expect((await rest.get('/v1/admin/keys')).text).not.toContain(key);
    expect((await rest.get('/metrics')).text).not.toContain(key);
    expect(JSON.stringify(logged.mock.calls)).not.toContain(key);
  });

  it('are listed page by page, each once', async () => {
    for (const name of ['one', 'two', 'three', 'four']) await made(name, ['read']);
    const ids = (await rest.all<{ keyId: string }>('/v1/admin/keys', 3)).map(({ keyId }) => keyId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual((await listed()).map((item) => item['keyId']));
  });

  it('let nobody in once they are deleted, at once on the instance that deleted them', async () => {
    const { key, keyId } = await made('leaver', ['read']);
    expect((await rest.as(key).get('/v1/accounts')).status).toBe(200);
    const deleted = await rest.send('DELETE', `/v1/admin/keys/${keyId}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await rest.as(key).get('/v1/accounts')).status).toBe(401);
    const again = await rest.send('DELETE', `/v1/admin/keys/${keyId}`);
    expect([again.status, again.body['code']]).toEqual([404, 'KEY_NOT_FOUND']);
    expect((await listed()).map((item) => item['keyId'])).not.toContain(keyId);
  });

  it.each(OPEN)('are not needed at %s', async (path) => {
    expect((await rest.as(undefined).get(path)).status).toBe(200);
  });

  it('are needed at every route but those, and the table knows each', () => {
    const patterns = routes().filter(
      (route) => !OPEN.includes(route.replace('GET ', '')) && route !== `GET ${STREAM}`,
    );
    const covers = (pattern: string, { method, path }: Route): boolean =>
      new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${path}`);
    expect(patterns.filter((pattern) => !ROUTES.some((route) => covers(pattern, route)))).toEqual([]);
  });

  it('are needed at the stream of events, whose answer has no end', async () => {
    expect((await rest.as(undefined).get(STREAM)).status).toBe(401);
    const { key } = await made('no reader', ['deduct', 'credit', 'accounts']);
    expect((await rest.as(key).get(STREAM)).status).toBe(403);
  });

  // What a scope allows is decided without the database.
  const routesHere = mark === ANY_SITE[0]?.mark ? ROUTES : ROUTES.slice(0, 1);
  describe.each(routesHere)(
    'at $method $path',
    ({ method, path, json, scope, orScope, allowed, limited }) => {
      it.each(SCOPES)(`with the scope %s are answered by the need for ${scope}`, async (given) => {
        const { key } = await made(`${scope} ${given}`, [given]);
        const answer = await rest.as(key).send(method, path, json === undefined ? {} : { json });
        const may = given === scope || given === orScope || given === 'admin';
        expect(answer.status).toBe(may ? allowed : 403);
        if (!may && method !== 'HEAD')
          expect(answer.body).toMatchObject({
            code: 'PERMISSION_DENIED',
            detail: containing(scope),
          });
      });

      it('with every scope and limited to other accounts are refused, or see none', async () => {
        const { key } = await made('elsewhere', SCOPES, ['elsewhere:']);
        const answer = await rest.as(key).send(method, path, json === undefined ? {} : { json });
        expect(answer.status).toBe(limited ?? 403);
        if (path === '/v1/accounts' && method === 'GET') expect(answer.body).toEqual({ items: [] });
      });

      it('are required, and told apart from unknown ones by nothing but a 401', async () => {
        for (const key of [undefined, 'hs_unknown']) {
          const answer = await rest.as(key).send(method, path, json === undefined ? {} : { json });
          expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
        }
      });
    },
  );

  it('with several scopes may do what each allows', async () => {
    const { key } = await made('both', ['deduct', 'read']);
    const client = rest.as(key);
    expect((await client.get('/v1/accounts')).status).toBe(200);
    expect((await client.post('/v1/deductions:batch', { items: [] })).status).toBe(200);
    expect((await client.credit('acct', 'k', 1)).status).toBe(403);
  });
});
