import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseLocation } from '../../src/shards/shard-address';
import { containing, matching } from '../setup/matching';
import { rawSql } from '../setup/raw-sql';
import { ADMIN_KEY, type Answer, type RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { ANY_SITE, SITES, type ServiceSite } from '../setup/service-sites';

const OWN = { 'x-hotsplit-console': '1', 'sec-fetch-site': 'same-origin' };

/** Signs in as the page does. */
function signIn(
  rest: RestClient,
  key = ADMIN_KEY,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const sent = { ...OWN, authorization: `Bearer ${key}`, ...headers };
  return rest.as(undefined).send('POST', '/console/session', { headers: sent });
}

function cookieOf({ headers }: Answer): string {
  return /hotsplit_console=[^;]*/.exec(headers['set-cookie'] ?? '')?.[0] ?? '';
}

/** Asks as the page does, with the cookie that the browser keeps. */
function ask(
  rest: RestClient,
  cookie: string,
  path: string,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  return rest.as(undefined).send('GET', path, { headers: { ...OWN, cookie, ...more } });
}

describe.each(SITES)('[$mark] sessions of the console', ({ make, mark }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await make(1);
    service = await startTestService(site);
    rest = service.rest;
    await rest.createAccount({ id: 'acct', initialBalance: '1000' });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const makeKey = async (
    scopes: readonly string[],
    more: object = {},
  ): Promise<{ keyId: string; key: string }> =>
    (await rest.post('/v1/admin/keys', { name: 'someone', scopes, ...more })).body as {
      keyId: string;
      key: string;
    };

  const onTable = async (sql: string): Promise<unknown> => {
    const connection = await rawSql(parseLocation(site.shards[0] ?? ''), mark);
    const found = await connection.run(sql);
    await connection.close();
    return found;
  };

  it('begin with a key, and stand for it at the API', async () => {
    const signedIn = await signIn(rest);
    expect([signedIn.status, signedIn.body]).toEqual([
      200,
      {
        signedIn: true,
        keyId: 'bootstrap',
        permissions: ['read', 'deduct', 'refund', 'credit', 'accounts', 'admin'],
        version: matching(/^\d/),
        kafka: false,
      },
    ]);
    const cookie = cookieOf(signedIn);
    expect((await ask(rest, cookie, '/v1/accounts/acct')).body).toMatchObject({ id: 'acct' });
    expect((await ask(rest, cookie, '/console/session')).body).toMatchObject({
      signedIn: true,
      expiresAt: matching(/Z$/),
    });
    expect((await ask(rest, cookie, '/console/load')).text).toContain('hotsplit_shard_up');
  });

  it('are made by a key alone: a session makes no other one that would outlast it', async () => {
    const cookie = cookieOf(await signIn(rest));
    const more = await rest.as(undefined).send('POST', '/console/session', { headers: { ...OWN, cookie } });
    expect([more.status, more.body['code'], cookieOf(more)]).toEqual([401, 'UNAUTHENTICATED', '']);
    // Whoever signs in anew while the browser still has a cookie shows the key.
    const again = await signIn(rest, ADMIN_KEY, { cookie });
    expect([again.status, cookieOf(again) === cookie]).toEqual([200, false]);
  });

  it('are kept in a cookie that no script reads, that no other site sends, and that has no key in the clear', async () => {
    const { headers, text } = await signIn(rest);
    const attributes = (headers['set-cookie'] ?? '').split('; ').slice(1);
    expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict', 'Max-Age=43200']);
    expect(`${headers['set-cookie'] ?? ''}${text}`).not.toContain(ADMIN_KEY);
    expect(
      Buffer.from(cookieOf({ headers } as Answer).split('=')[1] ?? '', 'base64url').toString('latin1'),
    ).not.toContain(ADMIN_KEY);
    const behindTls = await signIn(rest, ADMIN_KEY, { 'x-forwarded-proto': 'https' });
    expect(behindTls.headers['set-cookie']).toMatch(/; Secure$/);
  });

  it('leave nothing in the directory that would open the API', async () => {
    const { key } = await makeKey(['read']);
    await signIn(rest, key);
    const [row] = (await onTable(
      'SELECT session_hash, sealing_key, key_id FROM console_session ORDER BY created_at_us DESC',
    )) as (Buffer | string)[][];
    for (const cell of row ?? [])
      for (const encoding of ['base64url', 'hex'] as const) {
        const cookie = `hotsplit_console=${Buffer.from(cell).toString(encoding)}`;
        expect((await ask(rest, cookie, '/v1/accounts')).status).toBe(401);
      }
  });

  it.each([
    ['no key', undefined],
    ['a key that nobody has', 'hs_made-up-and-long-enough'],
  ])('do not begin with %s', async (_case, key) => {
    const headers = { ...OWN, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
    const { status, headers: answered } = await rest
      .as(undefined)
      .send('POST', '/console/session', { headers });
    expect([status, answered['set-cookie']]).toEqual([401, undefined]);
  });

  it.each([
    ['a form of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a sibling host', { 'sec-fetch-site': 'same-site' }],
    ['an address that somebody typed', { 'sec-fetch-site': 'none' }],
    ['a request without the header of the console', { 'x-hotsplit-console': undefined }],
  ])('are worth nothing in %s', async (_case, forged) => {
    const cookie = cookieOf(await signIn(rest));
    const headers = { ...OWN, ...forged, cookie };
    for (const [method, path] of [
      ['GET', '/v1/accounts/acct'],
      ['POST', '/v1/accounts/acct/freeze'],
      ['DELETE', '/v1/admin/keys/key_none'],
    ] as const)
      expect([path, (await rest.as(undefined).send(method, path, { headers })).status]).toEqual([path, 401]);
    expect((await rest.get('/v1/accounts/acct')).body).toMatchObject({ status: 'active' });
    // Nor can it sign anybody out, or in under another key.
    await rest.as(undefined).send('DELETE', '/console/session', { headers });
    expect((await ask(rest, cookie, '/v1/accounts/acct')).status).toBe(200);
    const planted = await rest
      .as(undefined)
      .send('POST', '/console/session', { headers: { ...headers, authorization: `Bearer ${ADMIN_KEY}` } });
    expect([planted.status, planted.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it('let no other origin ask first whether it may', async () => {
    const headers = {
      origin: 'https://elsewhere.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-hotsplit-console',
    };
    const { status, headers: answered } = await rest
      .as(undefined)
      .send('OPTIONS', '/v1/accounts/acct/freeze', { headers });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(answered).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('end at the service when somebody signs out, for whoever has a copy of the cookie', async () => {
    const cookie = cookieOf(await signIn(rest));
    const out = await rest.as(undefined).send('DELETE', '/console/session', { headers: { ...OWN, cookie } });
    expect([out.status, out.headers['set-cookie']]).toEqual([
      200,
      containing('hotsplit_console=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0'),
    ]);
    expect((await ask(rest, cookie, '/v1/accounts/acct')).status).toBe(401);
    expect((await ask(rest, cookie, '/console/session')).body).toEqual({ signedIn: false });
  });

  it.each(['signs out', 'has not been there for long'])(
    'end the streams of events that were begun with them when somebody %s',
    async (how) => {
      const cookie = cookieOf(await signIn(rest));
      const stream = await fetch(`${rest.url}/v1/events/stream`, { headers: { ...OWN, cookie } });
      const reader = stream.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toMatch(/^: begun/);
      if (how === 'signs out')
        await rest.as(undefined).send('DELETE', '/console/session', { headers: { ...OWN, cookie } });
      else await onTable('UPDATE console_session SET seen_at_us = 1');
      while (!(await reader.read()).done);
    },
  );

  it('end when nobody has used them for long, and after so many hours in any case', async () => {
    for (const column of ['seen_at_us', 'expires_at_us']) {
      const cookie = cookieOf(await signIn(rest));
      expect((await ask(rest, cookie, '/v1/accounts/acct')).status).toBe(200);
      await onTable(`UPDATE console_session SET ${column} = 1`);
      expect([column, (await ask(rest, cookie, '/v1/accounts/acct')).status]).toEqual([column, 401]);
    }
  });

  it('follow their key: what it may not do is refused, and they end with it', async () => {
    const { keyId, key } = await makeKey(['read']);
    const cookie = cookieOf(await signIn(rest, key));
    const change = { headers: { ...OWN, cookie } };
    expect((await rest.as(undefined).send('POST', '/v1/accounts/acct/freeze', change)).status).toBe(403);
    await rest.put(`/v1/admin/keys/${keyId}`, { accounts: ['other'] });
    expect((await ask(rest, cookie, '/v1/accounts/acct')).status).toBe(403);
    await rest.put(`/v1/admin/keys/${keyId}`, { accounts: null, scopes: ['credit'] });
    expect((await ask(rest, cookie, '/v1/accounts/acct')).status).toBe(403);
    expect((await ask(rest, cookie, '/console/load')).status).toBe(403);
    await rest.send('DELETE', `/v1/admin/keys/${keyId}`);
    expect((await ask(rest, cookie, '/v1/accounts/acct')).status).toBe(401);
    expect((await ask(rest, cookie, '/console/session')).body).toEqual({ signedIn: false });
  });

  it('are refused when somebody has changed the cookie', async () => {
    const cookie = cookieOf(await signIn(rest));
    const token = cookie.split('=')[1] ?? '';
    for (const place of [0, 30, 50, token.length - 2]) {
      const changed = `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`;
      expect([place, (await ask(rest, `hotsplit_console=${changed}`, '/v1/accounts/acct')).status]).toEqual([
        place,
        401,
      ]);
    }
    for (const nonsense of ['', 'x', '"', 'a'.repeat(4_000)])
      expect((await ask(rest, `hotsplit_console=${nonsense}`, '/v1/accounts/acct')).status).toBe(401);
  });

  it('are so many of one key and no more: the oldest ends', async () => {
    const { key } = await makeKey(['read']);
    const cookies: string[] = [];
    for (let count = 0; count < 33; count += 1) cookies.push(cookieOf(await signIn(rest, key)));
    const states = [];
    for (const cookie of [cookies[0], cookies[1], cookies.at(-1)])
      states.push((await ask(rest, cookie ?? '', '/v1/accounts/acct')).status);
    expect(states).toEqual([401, 200, 200]);
  });

  it('are in the audit log, under the key that signed in', async () => {
    const { keyId, key } = await makeKey(['read']);
    const cookie = cookieOf(await signIn(rest, key));
    await rest.as(undefined).send('DELETE', '/console/session', { headers: { ...OWN, cookie } });
    const lines = async (): Promise<unknown[]> =>
      (await rest.page<Record<string, unknown>>(`/v1/admin/audit-log?actor=${keyId}`)).items.map(
        ({ action }) => action,
      );
    let found = await lines();
    while (found.length < 2) found = await lines();
    expect(found).toEqual(['signOutOfConsole', 'signInToConsole']);
  });

  it('are good at another instance, and end there too', async () => {
    // The embedded store is for one process.
    if (mark === 'sqlite') return;
    const other = await startTestService(site);
    try {
      const cookie = cookieOf(await signIn(rest));
      expect((await ask(other.rest, cookie, '/v1/accounts/acct')).status).toBe(200);
      await rest.as(undefined).send('DELETE', '/console/session', { headers: { ...OWN, cookie } });
      expect((await ask(other.rest, cookie, '/v1/accounts/acct')).status).toBe(401);
    } finally {
      await other.stop();
    }
  });
});

describe.each(ANY_SITE)('[$mark] the page of the console', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await make(1);
    service = await startTestService(site);
    rest = service.rest.as(undefined);
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  it.each(['/console', '/console/accounts', '/console/accounts/a%3Ab', '/console/audit-log'])(
    'is at %s',
    async (path) => {
      const { status, headers, text } = await rest.get(path);
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
      ]);
      expect(text).toContain('<div id="app">');
    },
  );

  it('loads nothing from elsewhere, runs nothing inline, and is put into no other page', async () => {
    const { headers, text } = await rest.get('/console');
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(text).not.toMatch(/<script(?![^>]*src="\/console\/)|<style|style="|\son\w+=|https?:\/\//);
  });

  it('keeps its parts in the browser for as long as their names stay', async () => {
    const { text } = await rest.get('/console');
    const parts = [...text.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(parts.length).toBeGreaterThanOrEqual(2);
    for (const path of parts) {
      const { status, headers } = await rest.get(path);
      expect([path, status, headers['cache-control']]).toEqual([
        path,
        200,
        'public, max-age=31536000, immutable',
      ]);
      const zipped = await rest.send('GET', path, { headers: { 'accept-encoding': 'gzip' } });
      expect([zipped.headers['content-encoding'], zipped.headers['vary']]).toEqual([
        'gzip',
        'accept-encoding',
      ]);
    }
  });

  it('weighs less than 150 KB, gzipped', () => {
    const folder = resolve(__dirname, '../../dist/console');
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const bytes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length);
    const total = bytes.reduce((sum, each) => sum + each, 0);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThan(150_000);
  });

  it.each([
    '/console/',
    '/console//elsewhere.example',
    '/console/%2f%2felsewhere.example',
    '/console/accounts/../../v1',
    '/console/..%2f..%2fpackage.json',
    '/console/assets/none.js',
    '/console/nothing',
    '/console?next=https://elsewhere.example',
    '/console/session?next=https://elsewhere.example',
  ])('leads nowhere else from %s', async (path) => {
    const { status, headers } = await rest.get(path);
    expect([path, [200, 404].includes(status), headers['location']]).toEqual([path, true, undefined]);
  });

  it('is not there where it is switched off, and no session of it is taken', async () => {
    const other = await make(1);
    const cookie = cookieOf(await signIn(service.rest));
    const without = await startTestService({ ...other, settings: { HOTSPLIT_CONSOLE: 'off' } });
    try {
      for (const path of ['/console', '/console/session', '/console/load'])
        expect([path, (await without.rest.get(path)).status]).toEqual([path, 404]);
      expect((await ask(without.rest, cookie, '/v1/accounts')).status).toBe(401);
    } finally {
      await without.stop();
      await other.drop();
    }
  });
});
