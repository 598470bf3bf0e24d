import { once } from 'node:events';
import { type ClientHttp2Stream, connect, constants } from 'node:http2';
import { GrpcClient } from '../setup/grpc-client';
import { cancelledCall, flood, ping } from '../setup/http2-flood';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const HEALTH = 'grpc.health.v1.Health/Check';

/** What one connection may ask of HTTP/2 itself. Within it, whoever uses it much is served; a flood ends itself alone. */
describe('a gRPC connection', () => {
  let site: ServiceSite;
  let service: TestService;
  let grpc: GrpcClient;

  beforeEach(async () => {
    site = await sqliteSites.make(1);
    service = await startTestService(site);
    grpc = new GrpcClient(service.grpcAddress);
    await isServed();
  });

  afterEach(async () => {
    grpc.close();
    await service.stop();
    await site.drop();
  });

  /** On the one connection of the client. */
  const isServed = async (): Promise<void> => {
    expect(await grpc.call(HEALTH, {}, { key: '' })).toMatchObject({ kind: 'answered' });
  };

  it('goes on when thousands of calls are cancelled at once', async () => {
    const pieces = 5_000;
    const seen = await flood(
      service.grpcAddress,
      (n) => (n < pieces - 1 ? cancelledCall(`/${HEALTH}`, n) : ping()),
      { pieces, isEnough: ({ acknowledged }) => acknowledged === 1 },
    );
    expect(seen).toEqual({ sent: pieces, code: undefined, acknowledged: 1 });
  });

  it('is ended, and no other, when calls are cancelled without end', async () => {
    const pieces = 300_000;
    const seen = await flood(
      service.grpcAddress,
      (n) => (n < pieces - 1 ? cancelledCall(`/${HEALTH}`, n) : ping()),
      { pieces, isEnough: ({ acknowledged }) => acknowledged === 1 },
    );
    expect(seen.sent).toBeLessThan(pieces);
    await isServed();
  });

  it('whose calls begin messages and never end them has a part of the memory, and no call beside it waits', async () => {
    grpc.close();
    await service.stop();
    service = await startTestService({ ...site, settings: { HOTSPLIT_HTTP_BODIES_MIB_MAX: '4' } });
    grpc = new GrpcClient(service.grpcAddress);
    const session = connect(`http://${service.grpcAddress}`);
    const begin = (): ClientHttp2Stream => {
      const path = '/hotsplit.v1.DeductionService/BatchDeduct';
      const call = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
      call.on('error', () => undefined);
      // Of 2 MiB, says its prefix.
      call.write(Buffer.concat([Buffer.from([0, 0, 0x20, 0, 0]), Buffer.alloc(100)]));
      return call;
    };
    begin();
    begin();
    for (let more = 0; more < 3; more += 1) {
      const [headers] = (await once(begin(), 'response')) as [Record<string, unknown>];
      expect(headers).toMatchObject({ 'grpc-status': '14' });
    }
    await isServed();
    session.destroy();
  });

  it('goes on when a client pings much', async () => {
    const pieces = 5_000;
    const seen = await flood(service.grpcAddress, ping, {
      pieces,
      isEnough: ({ acknowledged }) => acknowledged === pieces,
    });
    expect(seen).toEqual({ sent: pieces, code: undefined, acknowledged: pieces });
  });

  it('is ended, and no other, when a client pings without end', async () => {
    const pieces = 1_000_000;
    const seen = await flood(service.grpcAddress, ping, {
      pieces,
      isEnough: ({ acknowledged }) => acknowledged === pieces,
    });
    expect(seen.sent).toBeLessThan(pieces);
    expect(seen.code).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await isServed();
  });
});
