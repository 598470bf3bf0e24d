import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import type { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const ENTRIES = 1_000;

/** Long lists, asked for many at once by somebody who takes no answer, hold up nobody else. */
describe('lists that nobody takes', () => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await sqliteSites.make(2);
    service = await startTestService({ ...site, settings: { HOTSPLIT_WAIT_MS_MAX: '500' } });
    rest = service.rest;
    await rest.post('/v1/accounts', { id: 'long', asset: 'USD/2', subAccounts: 4, initialBalance: '100000' });
    const metadata = { note: 'x'.repeat(500) };
    const items = Array.from({ length: ENTRIES }, (_, n) => ({
      accountId: 'long',
      amount: '1',
      requestId: `r${n}`,
      metadata,
    }));
    // The service waits for half a second only, which is too short for all of them on a busy machine.
    await eventually('all entries are there', async () => {
      const { body } = await rest.post('/v1/deductions:batch', { items });
      const results = body['results'] as readonly { readonly status: string }[];
      return results.every(({ status }) => status !== 'rejected') ? true : undefined;
    });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const newKey = async (name: string): Promise<{ readonly keyId: string; readonly key: string }> => {
    const { body } = await rest.post('/v1/admin/keys', { name, scopes: ['read'] });
    return { keyId: body['keyId'] as string, key: body['key'] as string };
  };

  const figure = async (pattern: RegExp): Promise<number> =>
    Number(pattern.exec((await rest.get('/metrics')).text)?.[1] ?? 0);

  const refused = (keyId: string, reason: string): Promise<number> =>
    figure(new RegExp(`lists_refused_total\\{reason="${reason}",key="${keyId}"\\} (\\d+)`));

  /** A connection that says much and reads nothing. */
  const mute = async (text: string): Promise<Socket> => {
    const { hostname, port } = new URL(rest.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(text);
    return socket;
  };

  it('are read for a connection one after another, and refused where they wait for too long', async () => {
    const { key, keyId } = await newKey('mute');
    const ask = `GET /v1/accounts/long/entries?limit=1000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`;
    const socket = await mute(ask.repeat(400));
    await eventually('nearly all of what waits behind an answer that nobody takes is refused', async () =>
      (await refused(keyId, 'waiting')) + (await refused(keyId, 'waited')) >= 300 ? true : undefined,
    );
    const others = await rest.get('/v1/accounts/long/entries?limit=1000');
    expect((others.body['items'] as unknown[]).length).toBe(ENTRIES);
    socket.destroy();
    await eventually('nothing waits', async () =>
      (await figure(/lists_waiting (\d+)/)) === 0 ? true : undefined,
    );
  });

  it('are counted for a key at the gRPC door too, until they are taken', async () => {
    const { key, keyId } = await newKey('mute too');
    const session = connectHttp2(`http://${service.grpcAddress}`, {
      settings: { initialWindowSize: 0 },
    });
    const asked = Array.from({ length: 40 }, () => listEntries(session, key));
    for (const stream of asked) stream.on('error', () => undefined);
    await eventually('what is beyond a key’s part is refused', async () => {
      const waiting = await figure(/lists_waiting (\d+)/);
      return (await refused(keyId, 'waited')) >= 24 && waiting === 0 ? true : undefined;
    });
    const grpc = new GrpcClient(service.grpcAddress);
    const others = await grpc.call('hotsplit.v1.AccountService/ListEntries', {
      accountId: 'long',
      limit: 1_000,
    });
    expect(others).toMatchObject({ kind: 'answered' });
    grpc.close();
    session.destroy();
    const again = new GrpcClient(service.grpcAddress);
    await eventually('the key may read when its connection is gone', async () => {
      const call = { accountId: 'long', limit: 1_000 };
      const { kind } = await again.call('hotsplit.v1.AccountService/ListEntries', call, { key });
      return kind === 'answered' ? true : undefined;
    });
    again.close();
  });

  it('are read all when they are taken, however many are asked for at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => (await rest.get('/v1/accounts/long/entries?limit=200')).status),
    );
    expect(new Set(all)).toEqual(new Set([200]));
  });
});

function listEntries(session: ClientHttp2Session, key: string) {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/hotsplit.v1.AccountService/ListEntries',
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${key}`,
  });
  // { account_id: "long", limit: 1000 }
  const message = Buffer.from([0x0a, 4, ...Buffer.from('long'), 0x18, 0xe8, 0x07]);
  const prefix = Buffer.from([0, 0, 0, 0, message.length]);
  return stream.end(Buffer.concat([prefix, message]));
}
