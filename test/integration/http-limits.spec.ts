import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { eventually } from '../setup/eventually';
import { ADMIN_KEY, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, sqliteSites, type ServiceSite } from '../setup/service-sites';

const MIB = 1_024 * 1_024;
const count = (length: number): number[] => Array.from({ length }, (_, n) => n);

/** A connection without a client's manners; `heard` is what came back so far. */
class RawConnection {
  heard = '';
  readonly ended: Promise<unknown>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (part: string) => (this.heard += part));
    socket.on('error', () => undefined);
    this.ended = once(socket, 'close');
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const raw = new RawConnection(connect({ host: hostname, port: Number(port) }));
    await once(raw.socket, 'connect');
    return raw;
  }

  say(bytes: string): void {
    this.socket.write(bytes);
  }

  /** The head of a batch, and nothing of its body. */
  announceBatch(bodyHeader: string, key = ADMIN_KEY): void {
    this.say(
      `POST /v1/deductions:batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
        `Content-Type: application/json\r\n${bodyHeader}\r\n\r\n`,
    );
  }

  hears(what: RegExp): Promise<string> {
    return eventually(`an answer like ${String(what)}`, () =>
      Promise.resolve(what.test(this.heard) ? this.heard : undefined),
    );
  }

  async end(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }
}

const figure = async (rest: RestClient, metric: string): Promise<number> => {
  const { text } = await rest.get('/metrics');
  return Number(new RegExp(`^${metric} (\\d+)$`, 'm').exec(text)?.[1]);
};

/** The requests of one key whose bodies were not read, for a reason. */
const refusedBodies = (rest: RestClient, reason: string, key = '[^"]+'): Promise<number> =>
  figure(rest, `hotsplit_http_bodies_refused_total\\{reason="${reason}",key="${key}"\\}`);

describe('the limits of the HTTP listener', () => {
  let site: ServiceSite;
  let service: TestService;
  let server: Server;

  beforeEach(async () => {
    site = await sqliteSites.make(1);
    service = await startTestService({
      ...site,
      settings: { HOTSPLIT_HTTP_CONNECTIONS_MAX: '3', HOTSPLIT_HTTP_BODIES_MIB_MAX: '4' },
      extend: (rest) => {
        server = rest.server;
      },
    });
  });

  afterEach(async () => {
    await service.stop();
    await site.drop();
  });

  it('are set for load and for proxies', () => {
    expect(server).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 72_000,
      maxRequestsPerSocket: 0,
      timeout: 0,
    });
  });

  it('end the oldest connection without a known key for one too many, count it, and leave those with a key alone', async () => {
    const clients = count(2).map(() => new RestClient(service.rest.url, ADMIN_KEY, 1));
    for (const client of clients) expect((await client.get('/v1/accounts')).status).toBe(200);
    const rest = clients[0] as RestClient;
    const silent = await RawConnection.open(rest.url);
    // Each newcomer is served, and gives way to the next one.
    for (let n = 1; n <= 5; n += 1) {
      const newcomer = await RawConnection.open(rest.url);
      newcomer.say('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await newcomer.ended;
      expect(newcomer.heard.startsWith('HTTP/1.1 200')).toBe(true);
      if (n === 1) await silent.ended;
    }
    expect(silent.heard).toBe('');
    // One that its client has closed, and the service not yet, gives way as well.
    expect(await figure(rest, 'hotsplit_http_connections_refused_total')).toBeGreaterThanOrEqual(1);
    for (const client of clients) client.close();
  });

  it('end one connection too many as it comes where all have shown a key, count it, and take the next when one has ended', async () => {
    const clients = count(3).map(() => new RestClient(service.rest.url, ADMIN_KEY, 1));
    for (const client of clients) expect((await client.get('/v1/accounts')).status).toBe(200);
    const rest = clients[0] as RestClient;
    const refused = await RawConnection.open(rest.url);
    await refused.ended;
    expect(refused.heard).toBe('');
    expect(await figure(rest, 'hotsplit_http_connections_refused_total')).toBe(1);

    clients[2]?.close();
    await eventually('a place for another', async () => {
      const next = await RawConnection.open(rest.url);
      next.say('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await next.ended;
      return next.heard.startsWith('HTTP/1.1 200') ? true : undefined;
    });
    for (const client of clients) client.close();
  });

  const megabyte = 'x'.repeat(MIB);
  it.each([
    ['says its length', `Content-Length: ${3 * MIB}`, '', 3 * MIB],
    [
      'does not say its length',
      'Transfer-Encoding: chunked',
      `${(3 * MIB).toString(16)}\r\n${megabyte.repeat(3)}\r\n`,
      3 * MIB,
    ],
  ])(
    'turn a body away, before it is read, while one that %s takes up the budget',
    async (_how, header, part, bytes) => {
      const { rest } = service;
      await rest.createAccount({ id: 'acct', initialBalance: '10' });
      const slow = await RawConnection.open(rest.url);
      slow.announceBatch(header);
      slow.say(part);
      await eventually('the budget being taken up', async () =>
        (await figure(rest, 'hotsplit_http_body_bytes')) >= bytes ? true : undefined,
      );

      const other = await RawConnection.open(rest.url);
      other.announceBatch(`Content-Length: ${2 * MIB}`);
      const answer = await other.hears(/"code":"OVERLOADED"/);
      expect(answer).toMatch(/^HTTP\/1\.1 503 /);
      expect(answer).toMatch(/^retry-after: \d+\r$/im);
      await other.end();
      expect(await refusedBodies(rest, 'budget')).toBe(1);
      // Small ones have nothing to do with it.
      expect((await rest.deduct('acct', 'k', 1)).status).toBe(201);

      await slow.end();
      await eventually('the budget being given back', async () =>
        (await figure(rest, 'hotsplit_http_body_bytes')) === 0 ? true : undefined,
      );
      const items = count(3_000).map((n) => ({
        accountId: 'acct',
        amount: 1,
        requestId: `i-${n}`.padEnd(64, 'x'),
      }));
      expect(await rest.deductMany(items)).toHaveLength(3_000);
      await eventually('nothing being left of it', async () =>
        (await figure(rest, 'hotsplit_http_body_bytes')) === 0 ? true : undefined,
      );
    },
  );

  it('let nobody take up the budget without a key', async () => {
    const stranger = await RawConnection.open(service.rest.url);
    stranger.announceBatch(`Content-Length: ${4 * MIB}`, 'not-a-key');
    await stranger.hears(/^HTTP\/1\.1 401 /);
    expect(await figure(service.rest, 'hotsplit_http_body_bytes')).toBe(0);
    await stranger.end();
  });

  it('refuse more than 16 KiB of headers by name', async () => {
    const raw = await RawConnection.open(service.rest.url);
    raw.say(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(16 * 1_024)}\r\n\r\n`);
    await raw.ended;
    expect(raw.heard).toMatch(/^HTTP\/1\.1 431 [^]*"code":"HEADERS_TOO_LARGE"/);
  });

  it('end a request whose headers trickle in, with its name', async () => {
    const raw = await RawConnection.open(service.rest.url);
    raw.say('GET /healthz HTTP/1.1\r\nHost: ');
    await raw.ended;
    expect(raw.heard).toMatch(/^HTTP\/1\.1 408 [^]*"code":"REQUEST_TIMEOUT"/);
  });
});

describe('the room for the bodies of many keys', () => {
  let site: ServiceSite;
  let service: TestService;

  beforeEach(async () => {
    site = await sqliteSites.make(1);
    service = await startTestService({ ...site, settings: { HOTSPLIT_HTTP_BODIES_MIB_MAX: '16' } });
  });

  afterEach(async () => {
    await service.stop();
    await site.drop();
  });

  const makeKey = async (): Promise<{ readonly keyId: string; readonly key: string }> => {
    const made = await service.rest.post('/v1/admin/keys', { name: 'payer', scopes: ['deduct'] });
    return made.body as { keyId: string; key: string };
  };

  const payManyItems = async (): Promise<number> => {
    const { rest } = service;
    await rest.createAccount({ id: 'acct', initialBalance: '1000' });
    const items = count(500).map((n) => ({
      accountId: 'acct',
      amount: 1,
      requestId: `i-${n}`.padEnd(64, 'x'),
    }));
    const { status, body } = await rest.post('/v1/deductions:batch', { items });
    return status === 200
      ? (body['results'] as unknown[]).length
      : Promise.reject(new Error(JSON.stringify(body)));
  };

  it('is not taken up by bodies that only begin', async () => {
    const { key } = await makeKey();
    const slow = await Promise.all(count(40).map(() => RawConnection.open(service.rest.url)));
    for (const each of slow) {
      each.announceBatch('Transfer-Encoding: chunked', key);
      each.say('1\r\n{\r\n');
    }
    expect(await payManyItems()).toBe(500);
    expect(await figure(service.rest, 'hotsplit_http_body_bytes')).toBe(0);
    for (const each of slow) await each.end();
  });

  it('is not taken up by one key, whose id the metrics name', async () => {
    const { key, keyId } = await makeKey();
    const slow = await Promise.all(count(4).map(() => RawConnection.open(service.rest.url)));
    for (const each of slow) each.announceBatch(`Content-Length: ${4 * MIB}`, key);
    await eventually('two of them being turned away', async () =>
      (await refusedBodies(service.rest, 'share', keyId)) === 2 ? true : undefined,
    );
    expect(await payManyItems()).toBe(500);
    for (const each of slow) await each.end();
  });

  it.each([
    ['says its length', `Content-Length: ${4 * MIB}`],
    ['does not say its length', 'Transfer-Encoding: chunked'],
  ])('is given back by a body that %s and stops arriving', async (_how, header) => {
    const { key, keyId } = await makeKey();
    const slow = await RawConnection.open(service.rest.url);
    slow.announceBatch(header, key);
    slow.say(`4000\r\n${'{'.repeat(0x4000)}\r\n`);
    await slow.ended;
    expect(slow.heard).toMatch(/^HTTP\/1\.1 408 [^]*"code":"REQUEST_TIMEOUT"/);
    expect(await refusedBodies(service.rest, 'stalled', keyId)).toBe(1);
    expect(await figure(service.rest, 'hotsplit_http_body_bytes')).toBe(0);
  });
});

describe('[mariadb] the limits of the HTTP listener, in processes of their own', () => {
  let site: ServiceSite;
  let service: ServiceProcess;

  afterEach(async () => {
    await service.end();
    await site.drop();
  });

  const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  (somaxconn >= 1_000 ? it : it.skip)('let a thousand connect while nobody accepts', async () => {
    site = await mariadbSites.make(1);
    service = await ServiceProcess.start(site);
    const { url } = service.rest;
    service.signal('SIGSTOP');
    const opened = await Promise.all(count(900).map(() => RawConnection.open(url)));
    service.signal('SIGCONT');
    const answers = opened.map(async (raw) => {
      raw.say('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await raw.ended;
      return raw.heard.slice(0, 12);
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 200']));
  });

  it('are each worker’s own, and a connection too many for all of them is ended', async () => {
    site = await mariadbSites.make(1);
    const settings = { HOTSPLIT_WORKERS: '2', HOTSPLIT_HTTP_CONNECTIONS_MAX: '2' };
    service = await ServiceProcess.start({ ...site, settings });
    const clients = count(4).map(() => new RestClient(service.rest.url, ADMIN_KEY, 1));
    // They have shown a key: strangers would give way.
    for (const client of clients) expect((await client.get('/v1/accounts')).status).toBe(200);
    for (let n = 0; n < 2; n += 1) {
      const refused = await RawConnection.open(service.rest.url);
      await refused.ended;
      expect(refused.heard).toBe('');
    }
    expect(await figure(clients[0] as RestClient, 'hotsplit_http_connections_refused_total')).toBe(2);
    for (const client of clients) client.close();
  });
});
