import { connect } from 'node:net';
import { HOSTILE, HOSTILE_BODIES } from '../setup/hostile-values';
import { aNumber, aString, containing, including, matching } from '../setup/matching';
import { sayRaw } from '../setup/raw-http';
import { ADMIN_KEY, type Answer, type BatchResult, type RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { ANY_SITE, type ServiceSite } from '../setup/service-sites';

interface Endpoint {
  readonly what: string;
  readonly method?: 'PUT';
  readonly path: string;
  /** A body that would be taken, field by field as JSON source. */
  readonly valid: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, keyof typeof HOSTILE>>;
  readonly wrap?: (body: string) => string;
}

const MONEY = {
  valid: { amount: '"1"', requestId: '"hostile"', reference: '"r"', metadata: '{"a":"b"}' },
  fields: { amount: 'amount', requestId: 'requestId', reference: 'reference', metadata: 'metadata' },
} as const;

const ENDPOINTS: readonly Endpoint[] = [
  {
    what: 'a new account',
    path: '/v1/accounts',
    valid: {
      id: '"hostile"',
      asset: '"USD/2"',
      subAccounts: '2',
      initialBalance: '"1"',
      lowBalance: '1',
      creditLimit: '"5"',
      strategy: '"merged"',
    },
    fields: {
      id: 'accountId',
      asset: 'asset',
      subAccounts: 'count',
      initialBalance: 'opening',
      lowBalance: 'amount',
      creditLimit: 'opening',
      strategy: 'strategy',
    },
  },
  { what: 'a deduction', path: '/v1/accounts/acct/deductions', ...MONEY },
  { what: 'a credit', path: '/v1/accounts/acct/credits', ...MONEY },
  {
    what: 'a hold',
    path: '/v1/accounts/acct/holds',
    valid: { ...MONEY.valid, expiresInSeconds: '60' },
    fields: { ...MONEY.fields, expiresInSeconds: 'seconds' },
  },
  { what: 'a reversal', path: '/v1/accounts/acct/deductions/d/reversals', ...MONEY },
  {
    what: 'a batch item',
    path: '/v1/deductions:batch',
    valid: { accountId: '"acct"', ...MONEY.valid },
    fields: { accountId: 'accountId', ...MONEY.fields },
    wrap: (body) => `{"items":[${body}]}`,
  },
  {
    what: 'a new key',
    path: '/v1/admin/keys',
    valid: { name: '"hostile"', scopes: '["read"]' },
    fields: { name: 'name', scopes: 'scopes' },
  },
  {
    what: 'a resize',
    method: 'PUT',
    path: '/v1/admin/accounts/acct/sub-accounts',
    valid: { count: '4', shards: '["s0","s1"]' },
    fields: { count: 'count', shards: 'shards' },
  },
  {
    what: 'a change of strategy',
    method: 'PUT',
    path: '/v1/admin/accounts/acct/strategy',
    valid: { strategy: '"atomic"' },
    fields: { strategy: 'strategy' },
  },
  {
    what: 'a new shard',
    path: '/v1/admin/shards',
    valid: { name: '"hostile"', url: '"sqlite:/no/such/folder/shard.sqlite"' },
    fields: { name: 'name', url: 'url' },
  },
];

/** What may be asked for without a body. */
const BODILESS = [
  '/v1/accounts/acct/freeze',
  '/v1/accounts/acct/unfreeze',
  '/v1/accounts/acct/close',
  '/v1/accounts/acct/holds/h/confirm',
  '/v1/accounts/acct/holds/h/cancel',
  '/v1/admin/accounts/acct/rebalance',
  '/v1/admin/accounts/acct/repair',
  '/v1/admin/audits',
];

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'a new account': ['id', 'asset'],
  'a deduction': ['amount', 'requestId'],
  'a credit': ['amount', 'requestId'],
  'a hold': ['amount', 'requestId'],
  'a reversal': ['requestId'],
  'a batch item': ['accountId', 'amount', 'requestId'],
  'a new key': ['name', 'scopes'],
  'a resize': ['count'],
  'a change of strategy': ['strategy'],
  'a new shard': ['name', 'url'],
};

/** Of what it takes nothing is required. */
const CHANGEABLE_ACCOUNT = '/v1/accounts/acct';
const CHANGEABLE_KEY = '/v1/admin/keys/key_x';

const PATHS = [
  ...ENDPOINTS.map(({ path }) => path),
  ...BODILESS,
  '/v1/admin/operations/none',
  '/v1/accounts/acct',
  '/v1/accounts/acct/balance',
  '/v1/accounts/acct/entries',
  '/v1/accounts/acct/entries/k',
  '/v1/accounts/acct/summary',
  '/v1/accounts/acct/deductions/k',
  '/v1/accounts/acct/holds/h',
  CHANGEABLE_KEY,
  '/healthz',
];

const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const LIMITS = [
  '',
  '0',
  '-1',
  '1001',
  '01',
  '1.5',
  'abc',
  '1e2',
  '%20',
  '١',
  '10%00',
  '99999999999999999999',
];
const CURSORS: Readonly<Record<string, string>> = {
  empty: '',
  'not base64': '!!',
  'not JSON': Buffer.from('{').toString('base64url'),
  'a number': cursorOf(1),
  null: cursorOf(null),
  'an object': cursorOf({ a: 1 }),
  'an empty list': cursorOf([]),
  'three parts': cursorOf([1, 's0', 0]),
  'a negative time': cursorOf([-1, 's0', 0, 0]),
  'a fraction for a time': cursorOf([1.5, 's0', 0, 0]),
  'an unsafe time': cursorOf([2 ** 53, 's0', 0, 0]),
  'a string for a time': cursorOf(['1', 's0', 0, 0]),
  'a number for a shard': cursorOf([1, 0, 0, 0]),
  '257 characters': 'A'.repeat(257),
};
const ID_CURSORS: Readonly<Record<string, string>> = {
  ...CURSORS,
  'an umlaut': cursorOf('ä'),
  'an emoji': cursorOf('💥'),
  'a lone surrogate': cursorOf('\ud800'),
  'a null character': cursorOf('\0'),
  'a blank': cursorOf('a b'),
  'a quote': cursorOf(`' OR 1=1 -- `),
  'a list of an id': cursorOf(['acct']),
  'an over-long id': cursorOf('x'.repeat(65)),
};
const TIMES = [
  '',
  'yesterday',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-02-30T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01T24:00:01Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:00%2B99:00',
  // A leap second, and an offset without minutes: dates to some libraries and not to others.
  '2016-12-31T23:59:60Z',
  '2026-01-01T00:00:00%2B05',
  '1767225600',
  '1767225600000',
  '2026-01-01T00:00:00Z%00',
  '0'.repeat(100),
];
const PATH_IDS: Readonly<Record<string, string>> = {
  'a blank': '%20',
  'a null character': '%00',
  'an umlaut': '%C3%A4',
  'an emoji': '%F0%9F%92%A5',
  'a slash': 'a%2Fb',
  'a line end': 'a%0A',
  '65 characters': 'x'.repeat(65),
  '513 characters': 'x'.repeat(513),
  '5,000 characters': 'x'.repeat(5_000),
  'half an escape': '%',
  'a broken escape': '%zz',
  'bytes that are no UTF-8': '%ff%fe',
};
const CONTENT_TYPES = [
  '',
  'text/plain',
  'text/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/octet-stream',
  'application/jsonp',
  '*/*',
  ';;',
  'x'.repeat(1_000),
];

/** Whatever is thrown at the API is refused by name with a 4xx, never answered with a 5xx, and changes nothing. */
describe.each(ANY_SITE)('[$mark] bad input', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let before: unknown;
  let hungUp: (() => void) | undefined;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService({
      ...site,
      extend: (server) => {
        server.addHook('onRequestAbort', (_request, done) => {
          hungUp?.();
          done();
        });
      },
    });
    rest = service.rest;
    await rest.createAccount({ id: 'acct', subAccounts: 4, initialBalance: '1000' });
    await rest.deduct('acct', 'k', 1);
    before = await everything();
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const everything = async (): Promise<unknown> => ({
    accounts: await rest.page('/v1/accounts?limit=1000'),
    keys: await rest.page('/v1/admin/keys?limit=1000'),
    // Money moves within the account by itself; which rows there are does not change.
    subAccounts: (
      (await rest.page('/v1/admin/accounts/acct/sub-accounts'))['items'] as readonly Record<string, unknown>[]
    ).map(({ shard, index, held, status }) => ({ shard, index, held, status })),
    shards: await rest.page('/v1/admin/shards'),
    etag: (await rest.get('/v1/accounts/acct')).headers['etag'],
    entries: await rest.entries('acct'),
    available: await rest.available('acct'),
  });
  const expectRefused = (answer: Answer, codes: readonly string[]): void => {
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect({ status: answer.status, code: answer.body['code'] }).toEqual({
      status: aNumber,
      code: matching(new RegExp(`^(${codes.join('|')})$`)),
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body).toMatchObject({
      status: answer.status,
      title: aString,
      detail: aString,
    });
    if (answer.body['code'] !== 'INVALID_ARGUMENT') return;
    expect(answer.body['errors']).toEqual(including({ field: matching(/./), rule: matching(/./) }));
  };
  const post = (path: string, raw: string | Buffer, headers = {}): Promise<Answer> =>
    rest.send('POST', path, { raw, headers });

  describe.each(ENDPOINTS)(
    'in $what',
    ({ what, method = 'POST', path, valid, fields, wrap = (body) => body }) => {
      const post = (to: string, raw: string | Buffer, headers = {}): Promise<Answer> =>
        rest.send(method, to, { raw, headers });
      const bodyOf = (parts: Readonly<Record<string, string>>): string =>
        `{${Object.entries(parts)
          .map(([field, literal]) => `${JSON.stringify(field)}:${literal}`)
          .join(',')}}`;
      /** The problem of the one item, when the endpoint answers item by item. */
      const expectFault = (answer: Answer, field: string): void => {
        const item = (answer.body['results'] as readonly BatchResult[] | undefined)?.[0];
        if (item)
          expect([answer.status, item.status, item.error?.code]).toEqual([
            200,
            'rejected',
            'INVALID_ARGUMENT',
          ]);
        else expectRefused(answer, ['INVALID_ARGUMENT']);
        const errors = (item?.error ?? answer.body)['errors' as never] as readonly { field: string }[];
        const at = errors[0]?.field.split('.')[0];
        // A body that the JSON parser refuses has no fields.
        expect([field, 'body']).toContain(at);
      };
      const cases = Object.entries(fields).flatMap(([field, kind]) =>
        Object.entries(HOSTILE[kind]).map(([label, literal]) => [field, label, literal] as const),
      );

      it.each(cases)('%s may not be %s', async (field, _label, literal) => {
        expectFault(await post(path, wrap(bodyOf({ ...valid, [field]: literal }))), field);
      });

      it.each(REQUIRED[what] ?? [])('%s may not be missing', async (field) => {
        const others = Object.fromEntries(Object.entries(valid).filter(([each]) => each !== field));
        expectFault(await post(path, wrap(bodyOf(others))), field);
      });

      it.each(['price', 'AMOUNT', 'Id', ' amount', 'constructor', 'toString', 'x'.repeat(1_000)])(
        'the field "%s" is not known',
        async (field) => {
          const answer = await post(path, wrap(bodyOf({ ...valid, [field]: '"1"' })));
          expectFault(answer, field.slice(0, 100));
        },
      );

      it.each([
        ['"__proto__":{"amount":"1"}', '__proto__'],
        ['"constructor":{"prototype":{"amount":"1"}}', 'constructor'],
        ['"\\u005f_proto__":{}', '__proto__'],
      ])('prototypes are not reached by %s', async (pair, field) => {
        expectFault(await post(path, wrap(bodyOf(valid).replace('{', `{${pair},`))), field);
      });

      it('a field may not be given twice, not even with the same value', async () => {
        const [field = ''] = REQUIRED[what] ?? [];
        const again = `,"${field}":${valid[field] ?? '1'}}`;
        expectRefused(await post(path, wrap(bodyOf(valid).replace(/\}$/, again))), ['INVALID_ARGUMENT']);
      });

      it('bytes that are no UTF-8 are not replaced by others', async () => {
        const [opening, closing] = wrap(
          bodyOf({ ...valid, [what === 'a new key' ? 'name' : 'reference']: '"<>"' }),
        ).split('<>');
        const broken = Buffer.concat([
          Buffer.from(opening ?? ''),
          Buffer.from([0xc3, 0x28, 0xff]),
          Buffer.from(closing ?? ''),
        ]);
        expectRefused(await post(path, broken), ['INVALID_ARGUMENT']);
      });

      it.each(Object.entries(HOSTILE_BODIES))('a body may not be %s', async (_label, raw) => {
        expectRefused(await post(path, raw), ['INVALID_ARGUMENT']);
      });

      it.each(CONTENT_TYPES)('a body may not have the content type "%s"', async (type) => {
        expectRefused(await post(path, wrap(bodyOf(valid)), { 'content-type': type }), [
          'UNSUPPORTED_MEDIA_TYPE',
        ]);
      });

      it('a body may not come without a content type', async () => {
        const answer = await post(path, wrap(bodyOf(valid)), { 'content-type': undefined });
        expectRefused(answer, ['UNSUPPORTED_MEDIA_TYPE']);
        expect(answer.body['detail']).toContain('Content-Type: application/json');
      });

      it('a body may not be missing', async () => {
        expectRefused(await rest.send(method, path), ['INVALID_ARGUMENT', 'UNSUPPORTED_MEDIA_TYPE']);
      });

      it.each(['x', '{"a":"', '[', ' '])('a body may not have 2 MB of %j', async (part) => {
        const raw = part.repeat(2_000_000 / part.length);
        expectRefused(await post(path, raw), [wrap('') === '' ? 'PAYLOAD_TOO_LARGE' : 'INVALID_ARGUMENT']);
      });

      it('a body may not be compressed without saying so in a way that is understood', async () => {
        expectRefused(
          await post(path, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), { 'content-encoding': 'gzip' }),
          ['INVALID_ARGUMENT', 'UNSUPPORTED_MEDIA_TYPE'],
        );
      });
    },
  );

  describe.each(BODILESS)('in what %s needs no body for', (path) => {
    const welcome = ['nothing', 'null', 'an empty object'];
    const hostile = Object.entries(HOSTILE_BODIES).filter(([label]) => !welcome.includes(label));

    it.each(hostile)('a body may not be %s', async (_label, raw) => {
      expectRefused(await post(path, raw), ['INVALID_ARGUMENT']);
    });

    it.each(['{"reason":"x"}', '{"__proto__":{}}', '{"constructor":{}}'])('%s is not known', async (raw) => {
      expectRefused(await post(path, raw), ['INVALID_ARGUMENT']);
    });

    it.each(CONTENT_TYPES)('a body may not have the content type "%s"', async (type) => {
      expectRefused(await post(path, '{}', { 'content-type': type }), ['UNSUPPORTED_MEDIA_TYPE']);
    });
  });

  it.each(Object.entries(HOSTILE.scopes))(
    'the scopes of a key may not become %s',
    async (_label, literal) => {
      const answer = await rest.send('PUT', CHANGEABLE_KEY, { raw: `{"scopes":${literal}}` });
      expectRefused(answer, ['INVALID_ARGUMENT']);
      expect(answer.body['errors']).toMatchObject([{ field: matching(/^scopes/) }]);
    },
  );

  it.each(Object.entries(HOSTILE.amount))('a confirmed amount may not be %s', async (_label, literal) => {
    const answer = await post('/v1/accounts/acct/holds/h/confirm', `{"amount":${literal}}`);
    expectRefused(answer, ['INVALID_ARGUMENT']);
  });

  describe('in an idempotency key', () => {
    it.each(['', ' ', 'a b', 'a, a', '\u00e4', 'x'.repeat(65)])('%j may not stand', async (key) => {
      for (const path of ['/v1/accounts/acct/deductions', '/v1/accounts/acct/credits']) {
        expectRefused(await post(path, '{"amount":"1"}', { 'idempotency-key': key }), ['INVALID_ARGUMENT']);
      }
    });
  });

  describe('in a query', () => {
    const LISTS = ['/v1/accounts', '/v1/accounts/acct/entries', '/v1/admin/keys'];

    it.each(LISTS.flatMap((path) => LIMITS.map((limit) => [path, limit] as const)))(
      '%s may not have the limit "%s"',
      async (path, limit) => {
        expectRefused(await rest.get(`${path}?limit=${encodeURI(decodeURI(limit))}`), ['INVALID_ARGUMENT']);
      },
    );

    it.each(
      LISTS.flatMap((path) =>
        Object.entries(path.endsWith('entries') ? CURSORS : ID_CURSORS).map(
          ([label, cursor]) => [path, label, cursor] as const,
        ),
      ),
    )('%s may not have the cursor %s', async (path, _label, cursor) => {
      expectRefused(await rest.get(`${path}?cursor=${cursor}`), ['INVALID_ARGUMENT']);
    });

    it.each(LISTS)('%s may not have a parameter twice, or an unknown one', async (path) => {
      for (const query of [
        'limit=1&limit=2',
        'cursor=a&cursor=b',
        'offset=1',
        '__proto__=1',
        'limit[]=1',
        'Limit=1',
      ]) {
        expectRefused(await rest.get(`${path}?${query}`), ['INVALID_ARGUMENT']);
      }
    });

    it.each([
      ['POST', '/v1/accounts/acct/deductions', { amount: '1', requestId: 'asked' }],
      ['POST', '/v1/deductions:batch', { items: [] }],
      ['GET', '/v1/accounts/acct', undefined],
      ['GET', '/v1/admin/shards', undefined],
      ['GET', '/v1/admin/accounts/acct/sub-accounts', undefined],
    ])('%s %s, which takes none, may not have an unknown parameter', async (method, path, json) => {
      const answer = await rest.send(method, `${path}?dryRun=1`, json ? { json } : {});
      expectRefused(answer, ['INVALID_ARGUMENT']);
      expect(answer.body['errors']).toEqual([{ field: 'dryRun', rule: 'is not a known field' }]);
    });

    it('a probe may have any', async () => {
      for (const path of ['/healthz', '/readyz', '/metrics'])
        expect((await rest.get(`${path}?at=1`)).status).toBe(200);
    });

    it.each(TIMES)('a time may not be "%s"', async (time) => {
      for (const end of ['from', 'to']) {
        const answer = await rest.get(`/v1/accounts/acct/entries?${end}=${time}`);
        expectRefused(answer, ['INVALID_ARGUMENT']);
        expect(answer.body['errors']).toMatchObject([{ field: end }]);
      }
    });

    it('lists the kinds there are, and says how a + is written', async () => {
      const { body } = await rest.get('/v1/accounts/acct/entries?kind=spending');
      const kinds =
        'one or several, with commas between, of deduction, credit, reversal, hold-confirmation, transfer-out, transfer-in, transfer-return, credit-reversal';
      expect(body['errors']).toEqual([{ field: 'kind', rule: kinds }]);
      const blank = await rest.get('/v1/accounts/acct/entries?from=2026-01-31T12:00:00+02:00');
      expect(blank.body['errors']).toMatchObject([{ field: 'from', rule: containing('+ is written %2B') }]);
      const encoded = await rest.get('/v1/accounts/acct/entries?from=2026-01-31T12:00:00%2B02:00');
      expect(encoded.status).toBe(200);
    });

    it.each([
      'kind=',
      'kind=Deduction',
      'kind=hold%00',
      'kind=credit&kind=deduction',
      'kind=credit,',
      'kind=credit,spending',
      'reference=',
      'reference[]=x',
      'order=up',
      'order=asc&cursor=WzEsInMxIiwxLDFd',
    ])('entries may not have %s', async (query) => {
      expectRefused(await rest.get(`/v1/accounts/acct/entries?${query}`), ['INVALID_ARGUMENT']);
    });

    it.each(['consistency=', 'consistency=Current', 'consistency=newest', 'at=1'])(
      'a balance may not have %s',
      async (query) => {
        expectRefused(await rest.get(`/v1/accounts/acct/balance?${query}`), ['INVALID_ARGUMENT']);
      },
    );
  });

  describe.each(Object.entries(PATH_IDS))('in a path, %s', (_label, id) => {
    it.each([
      ['GET', `/v1/accounts/${id}`],
      ['GET', `/v1/accounts/${id}/balance`],
      ['GET', `/v1/accounts/${id}/entries`],
      ['GET', `/v1/accounts/${id}/deductions/k`],
      ['POST', `/v1/accounts/${id}/deductions`],
      ['POST', `/v1/accounts/${id}/credits`],
      ['DELETE', `/v1/admin/keys/${id}`],
      ['POST', `/v1/accounts/${id}/freeze`],
      ['POST', `/v1/accounts/${id}/close`],
      ['GET', `/v1/admin/accounts/${id}/sub-accounts`],
      ['PUT', `/v1/admin/accounts/${id}/sub-accounts`],
      ['POST', `/v1/admin/accounts/${id}/rebalance`],
      ['GET', `/v1/admin/operations/${id}`],
    ])('may not be an id of %s', async (method, path) => {
      const isMoney = /deductions|credits/.test(path);
      const json = isMoney ? { amount: '1', requestId: 'k2' } : method === 'PUT' ? { count: 2 } : {};
      const call = method === 'POST' || method === 'PUT' ? { json } : {};
      expectRefused(await rest.send(method, path, call), ['INVALID_ARGUMENT']);
    });

    it('may not be a request id, unless it is one', async () => {
      // A slash is a printable character, so it may stand in a request id.
      const codes = id === 'a%2Fb' ? ['ENTRY_NOT_FOUND'] : ['INVALID_ARGUMENT'];
      expectRefused(await rest.get(`/v1/accounts/acct/deductions/${id}`), codes);
    });
  });

  describe.each(PATHS)('as a method on %s', (path) => {
    const known =
      path === CHANGEABLE_KEY ? 'PUT' : ENDPOINTS.find((endpoint) => endpoint.path === path)?.method;
    const isTaken = (method: string): boolean =>
      method === known || (method === 'PATCH' && path === CHANGEABLE_ACCOUNT);
    const unknown = (methods: readonly string[]) => methods.filter((method) => !isTaken(method));

    it.each(unknown(['PUT', 'PATCH', 'OPTIONS', 'PROPFIND', 'LOCK', 'SEARCH']))(
      '%s is not taken',
      async (method) => {
        const refused = await rest.send(method, path);
        expectRefused(refused, ['METHOD_NOT_ALLOWED']);
        const allowed = refused.headers['allow']?.split(', ') ?? [];
        expect(allowed.length).toBeGreaterThan(0);
        expect(allowed).not.toContain(method);
      },
    );

    it.each(unknown(['PUT', 'PATCH', 'OPTIONS']))('%s is not taken, whatever its body', async (method) => {
      const codes = ['METHOD_NOT_ALLOWED'];
      for (const raw of ['{}', '', '{', '{"__proto__":1}', 'x'.repeat(100_000)]) {
        expectRefused(await rest.send(method, path, { raw }), codes);
      }
      const text = { raw: 'x', headers: { 'content-type': 'text/plain' } };
      expectRefused(await rest.send(method, path, text), codes);
    });
  });

  describe('as an Authorization', () => {
    it.each([
      undefined,
      '',
      'Basic YTpi',
      'Bearer',
      'Bearer ',
      'Bearer  two',
      'Bearer a b',
      'Bearer \u00e4',
      'bootstrap-key-of-the-tests',
      'Token bootstrap-key-of-the-tests',
      `Bearer ${'x'.repeat(513)}`,
      `Bearer ${'x'.repeat(10_240)}`,
    ])('%j lets nobody in', async (authorization) => {
      for (const path of PATHS.filter((each) => each.startsWith('/v1'))) {
        const endpoint = ENDPOINTS.find((each) => each.path === path);
        const method = endpoint?.method ?? (endpoint || BODILESS.includes(path) ? 'POST' : 'GET');
        if (path.startsWith('/v1/admin/keys/')) continue;
        const answer = await rest.send(method, path, { raw: '{', headers: { authorization } });
        expectRefused(answer, ['UNAUTHENTICATED']);
      }
    });
  });

  describe('as HTTP', () => {
    const head = 'Host: x\r\nConnection: close\r\n';
    it.each([
      ['garbage', 'garbage\r\n\r\n', 400],
      ['an unknown method', `STEAL /v1/accounts HTTP/1.1\r\n${head}\r\n`, 400],
      ['a header of 20 kB', `GET /v1/accounts HTTP/1.1\r\n${head}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['a URL of 20 kB', `GET /v1/accounts/${'x'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`, 431],
      ['a negative length', `POST /v1/accounts HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n{}`, 400],
      [
        'two lengths',
        `POST /v1/accounts HTTP/1.1\r\n${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
        400,
      ],
      [
        'a length and chunks',
        `POST /v1/accounts HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
        400,
      ],
      [
        'a chunk of no size',
        `POST /v1/accounts HTTP/1.1\r\n${head}Authorization: Bearer x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
        400,
      ],
      ['a null character in the path', `GET /v1/accounts/\0 HTTP/1.1\r\n${head}\r\n`, 400],
      ['no host', 'GET /v1/accounts HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
      ['an expectation of miracles', `GET /v1/accounts HTTP/1.1\r\n${head}Expect: miracles\r\n\r\n`, 400],
    ])('%s is refused in the API’s own form', async (_what, bytes, status) => {
      const [header = '', ...bodies] = (await sayRaw(rest.url, bytes)).split('\r\n\r\n');
      expect(header).toMatch(new RegExp(`^HTTP/1\\.1 (${status}|401) `));
      expect(header).toMatch(/content-type: application\/problem\+json/i);
      const body = bodies.join('').slice(bodies.join('').indexOf('{'));
      expect(JSON.parse(body.slice(0, body.lastIndexOf('}') + 1))).toMatchObject({
        type: aString,
        title: aString,
        detail: aString,
        code: aString,
      });
    });
  });

  it.each([
    ['valid', 'not valid'],
    ['not valid', 'valid'],
  ])('two keys in one request are none: %s, then %s', async (first, second) => {
    const header = (which: string): string =>
      `Authorization: Bearer ${which === 'valid' ? ADMIN_KEY : 'another'}\r\n`;
    const heard = await sayRaw(
      rest.url,
      `GET /v1/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header(first)}${header(second)}\r\n`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('what is no HTTP is not answered before the request that came before it', async () => {
    const balance = `GET /v1/accounts/acct/balance?consistency=snapshot HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`;
    const heard = await sayRaw(rest.url, `${balance}${balance}garbage\r\n\r\n`);
    expect([...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)).toEqual([
      '200',
      '200',
      '400',
    ]);
  });

  it('a body that is far too large is read to its end, so that the answer is heard', async () => {
    const head = `POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\n`;
    const heard = await sayRaw(
      rest.url,
      `${head}Content-Length: 5000000\r\n\r\n${' '.repeat(5_000_000)}` +
        'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect([...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)).toEqual(['413', '200']);
  });

  it('what is no HTTP is answered so that it is heard, however much of it comes', async () => {
    const heard = await sayRaw(rest.url, `GET \\v1 HTTP/1.1\r\nHost: x\r\n\r\n${' '.repeat(5_000_000)}`);
    expect(heard).toMatch(/^HTTP\/1\.1 400 .*INVALID_ARGUMENT/s);
    expect(heard.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  it('a client may hang up in the middle of a body', async () => {
    const { hostname, port } = new URL(rest.url);
    const socket = connect({ host: hostname, port: Number(port) });
    const gone = new Promise<void>((resolve) => (hungUp = resolve));
    socket.write(
      `POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      () => setImmediate(() => socket.destroy()),
    );
    await gone;
  });

  it('has changed nothing at all', async () => {
    expect(await everything()).toEqual(before);
  });

  it('is not counted as a defect of the service', async () => {
    expect((await rest.get('/metrics')).text).toContain('\nhotsplit_defects_total 0\n');
  });

  describe('is not', () => {
    it.each([
      ['a byte order mark before the body', '\ufeff{"amount":"1","requestId":"bom"}', {}],
      [
        'a charset in the content type',
        '{"amount":"1","requestId":"charset"}',
        { 'content-type': 'Application/JSON; charset=UTF-8' },
      ],
      ['blanks around the body', ' \n{"amount":"1","requestId":"blanks"}\t ', {}],
      ['an escaped character', '{"\\u0061mount":"\\u0031","requestId":"escaped"}', {}],
    ])('%s', async (_what, raw, headers) => {
      const answer = await post('/v1/accounts/acct/deductions', raw, headers);
      expect([answer.status, answer.body['amount']]).toEqual([201, '1']);
    });
  });
});
