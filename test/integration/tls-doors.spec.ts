import { credentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectPlainly } from 'node:net';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const tlsFile = (name: string): string => resolve(__dirname, '../setup/tls', name);
const FIRST = readFileSync(tlsFile('localhost.crt'));
const SECOND = readFileSync(tlsFile('no-address.crt'));

/** Both doors with a certificate in files that are renewed. */
describe('a service with certificates', () => {
  let site: ServiceSite;
  let service: TestService;
  let cert: string;
  let key: string;

  beforeEach(async () => {
    site = await sqliteSites.make(1);
    cert = join(site.folder, 'door.crt');
    key = join(site.folder, 'door.key');
    copyFileSync(tlsFile('localhost.crt'), cert);
    copyFileSync(tlsFile('localhost.key'), key);
    service = await startTestService({
      ...site,
      settings: {
        HOTSPLIT_HTTP_TLS_CERT: cert,
        HOTSPLIT_HTTP_TLS_KEY: key,
        HOTSPLIT_GRPC_TLS_CERT: cert,
        HOTSPLIT_GRPC_TLS_KEY: key,
      },
    });
  });

  afterEach(async () => {
    await service.stop();
    await site.drop();
  });

  const httpPort = (): number => Number(new URL(service.rest.url).port);
  const grpcPort = (): number => Number(service.grpcAddress.split(':').at(-1));
  const statusOver = (ca: Buffer): Promise<number | undefined> =>
    new Promise((answered, fail) => {
      get({ host: 'localhost', port: httpPort(), path: '/healthz', ca, agent: false }, (answer) => {
        answer.resume();
        answered(answer.statusCode);
      }).on('error', fail);
    });
  const nameShown = async (port: number): Promise<string> => {
    const ALPNProtocols = ['h2', 'http/1.1'];
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  };

  it('speaks TLS over REST, and nothing else', async () => {
    expect(service.rest.url).toMatch(/^https:/);
    expect(await statusOver(FIRST)).toBe(200);
    await expect(statusOver(SECOND)).rejects.toThrow(/certificate/);
    const plain = connectPlainly({ host: '127.0.0.1', port: httpPort() });
    plain.on('error', () => undefined);
    plain.resume();
    plain.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(plain, 'close');
    expect(await statusOver(FIRST)).toBe(200);
  });

  it('shows a renewed certificate at both doors, once both of its files are there', async () => {
    copyFileSync(tlsFile('no-address.crt'), cert);
    // Beside the old key it cannot be used: the old one stays.
    expect(await statusOver(FIRST)).toBe(200);
    copyFileSync(tlsFile('no-address.key'), key);
    for (const port of [httpPort(), grpcPort()])
      await eventually('the renewed certificate', async () =>
        (await nameShown(port)) === 'a name and no address' ? true : undefined,
      );
    expect(await statusOver(SECOND)).toBe(200);
    const grpc = new GrpcClient(`localhost:${grpcPort()}`, credentials.createSsl(SECOND));
    expect(await grpc.call('grpc.health.v1.Health/Check', {})).toMatchObject({ kind: 'answered' });
    grpc.close();
  });

  it('stops though connections are open on which nothing was said, with TLS agreed on or not', async () => {
    const silent = connectPlainly({ host: '127.0.0.1', port: httpPort() });
    const agreed = connect({ host: '127.0.0.1', port: httpPort(), rejectUnauthorized: false });
    await Promise.all([once(silent, 'connect'), once(agreed, 'secureConnect')]);
    for (const socket of [silent, agreed]) socket.on('error', () => undefined).resume();
    expect(await statusOver(FIRST)).toBe(200);
    const ended = Promise.all([once(silent, 'close'), once(agreed, 'close')]);
    await service.stop();
    await ended;
    service = { ...service, stop: () => Promise.resolve() };
  });
});
