import { once } from 'node:events';
import { GrpcClient, streamBytes } from '../setup/grpc-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, sqliteSites } from '../setup/service-sites';
import { version } from '../../package.json';

const ACCOUNTS = 100_000;
const TOGETHER = 5_000;
const HOSTILE = 400;
/** What comes by itself meanwhile: the first measurement of clocks, the first scrape. */
const SERIES_BY_THEMSELVES_MAX = 60;
const PATTERN = '/v1/accounts/:accountId';
const DEDUCT = 'hotsplit.v1.DeductionService/Deduct';

/** Series by name and labels, with their values. */
async function scrape({ rest }: TestService): Promise<ReadonlyMap<string, number>> {
  const { text } = await rest.get('/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
}

describe('the metrics of a service', () => {
  let site: ServiceSite;
  let service: TestService;
  let grpc: GrpcClient;

  beforeEach(async () => {
    site = await sqliteSites.make(2);
    service = await startTestService(site);
    grpc = new GrpcClient(service.grpcAddress);
  });

  afterEach(async () => {
    grpc.close();
    await service.stop();
    await site.drop();
  });

  it('count calls at both doors by pattern, method and status, and refusals by their reason', async () => {
    const { rest } = service;
    await rest.createAccount({ id: 'acme', initialBalance: 1_000 });
    await rest.get('/v1/accounts/acme');
    await rest.get('/v1/accounts/nobody');
    await rest.send('DELETE', '/v1/accounts/acme');
    const { body } = await rest.post('/v1/admin/keys', { name: 'n', scopes: ['read'], accounts: ['acme'] });
    for (const [key, path] of [
      [undefined, '/v1/accounts/acme'],
      ['nobody-knows-this-key', '/v1/accounts/acme'],
      [body['key'] as string, '/v1/accounts/other'],
      [body['key'] as string, '/v1/admin/keys'],
    ] as const) {
      const other = rest.as(key);
      await other.get(path);
      other.close();
    }
    const money = { accountId: 'acme', requestId: 'g1', amount: '1' };
    await grpc.call(DEDUCT, money);
    await grpc.call(DEDUCT, { ...money, requestId: 'g2', amount: '5000' });
    await grpc.call(DEDUCT, money, { key: '' });

    const series = await scrape(service);
    const http = (method: string, route: string, status: string): number | undefined =>
      series.get(
        `hotsplit_http_request_seconds_count{method="${method}",route="${route}",status="${status}"}`,
      );
    expect(http('POST', '/v1/accounts', '2xx')).toBe(1);
    expect(http('GET', PATTERN, '2xx')).toBe(1);
    expect(http('GET', PATTERN, '4xx')).toBe(4);
    expect(http('none', 'none', '4xx')).toBe(1);
    const grpcCalls = (status: string): number | undefined =>
      series.get(`hotsplit_grpc_call_seconds_count{method="/${DEDUCT}",status="${status}"}`);
    expect([grpcCalls('OK'), grpcCalls('FAILED_PRECONDITION'), grpcCalls('UNAUTHENTICATED')]).toEqual([
      1, 1, 1,
    ]);
    const refused = (reason: string): number | undefined =>
      series.get(`hotsplit_access_refused_total{reason="${reason}"}`);
    expect([refused('noKey'), refused('unknownKey'), refused('account'), refused('scope')]).toEqual([
      2, 1, 1, 1,
    ]);
  });

  it('count a stream that is refused in its middle, for its key was deleted', async () => {
    const { rest } = service;
    const { body } = await rest.post('/v1/admin/keys', { name: 'n', scopes: ['deduct'] });
    const stream = grpc.stream({ key: body['key'] as string });
    await once(stream, 'metadata');
    await rest.send('DELETE', `/v1/admin/keys/${body['keyId'] as string}`);
    stream.write(streamBytes([{ accountId: 'acme', requestId: 's1', amount: '1' }]));
    await once(stream, 'error');
    const series = await scrape(service);
    expect(series.get('hotsplit_access_refused_total{reason="unknownKey"}')).toBe(1);
  });

  it('tell what serves, and the state of the directory', async () => {
    const series = await scrape(service);
    expect(series.get(`hotsplit_build_info{version="${version}",node="${process.version}"}`)).toBe(1);
    expect(series.get('hotsplit_directory_up')).toBe(1);
    expect(series.get('hotsplit_directory_seconds_count')).toBeGreaterThan(0);
    expect([...series.keys()].filter((name) => name.startsWith('hotsplit_redis_up'))).toEqual([]);
  });

  it('count the money that is moved, by who moved it', async () => {
    const { rest } = service;
    await rest.createAccount({ id: 'whale', subAccounts: 2, initialBalance: 1_000 });
    // More than one of the two shards has.
    expect(await rest.deduct('whale', 'r1', 900)).toMatchObject({ status: 201 });
    const series = await scrape(service);
    expect(series.get('hotsplit_transfers_total{by="collector"}')).toBeGreaterThan(0);
  });

  it('have hardly more series after 100,000 accounts and hostile paths, methods, ids and keys', async () => {
    const { rest } = service;
    const deduct = async (from: number): Promise<void> => {
      const items = Array.from({ length: TOGETHER }, (_, n) => {
        const id = `a${from + n}`;
        return { accountId: id, amount: '1', requestId: id };
      });
      await rest.deductMany(items);
    };
    const hostile = async (n: number): Promise<void> => {
      const other = rest.as(`made-up-key-${n}-of-somebody`);
      const headers = { 'x-request-id': `id-${n}`, traceparent: `00-${n}` };
      await rest.send('GET', `/made/up/${n}?q=${n}`, { headers });
      await rest.send('GET', `/v1/accounts/nobody-${n}`, { headers });
      await rest.send('PURGE', `/v1/accounts/${n}`, { headers });
      await other.send('GET', `/v1/accounts/${n}`, { headers });
      await grpc.call(DEDUCT, { accountId: `x${n}`, requestId: `x${n}`, amount: '1' });
      other.close();
    };
    await rest.createAccount({ id: 'a0', initialBalance: 10 });
    await deduct(0);
    for (let n = 0; n < 10; n += 1) await hostile(n);
    const before = [...(await scrape(service)).keys()].sort();
    for (let from = TOGETHER; from < ACCOUNTS; from += TOGETHER) await deduct(from);
    for (let n = 10; n < HOSTILE; n += 1) await hostile(n);
    const after = [...(await scrape(service)).keys()].sort();
    expect(after.length - before.length).toBeLessThan(SERIES_BY_THEMSELVES_MAX);
    expect(after.filter((name) => /made|nobody|PURGE|a\d+|x\d+|id-/.test(name))).toEqual([]);
  });
});

it('[mariadb] tell how the sessions of databases are used', async () => {
  const site = await mariadbSites.make(2);
  const service = await startTestService(site);
  try {
    await service.rest.createAccount({ id: 'acme', subAccounts: 2, initialBalance: 1_000 });
    const series = await scrape(service);
    const of = (name: string, database: string, use: string): number | undefined =>
      series.get(`hotsplit_pool_${name}{database="${database}",use="${use}"}`);
    for (const [database, use] of [
      ['s0', 'batches'],
      ['s1', 'batches'],
      ['s0', 'statements'],
      ['directory', 'statements'],
    ] as const) {
      expect(of('max', database, use)).toBeGreaterThan(0);
      const open = (of('in_use', database, use) ?? NaN) + (of('idle', database, use) ?? NaN);
      expect(open).toBeGreaterThanOrEqual(0);
      expect(open).toBeLessThanOrEqual(of('max', database, use) ?? NaN);
      expect(of('waiting', database, use)).toBeGreaterThanOrEqual(0);
    }
    expect(of('idle', 's0', 'batches')).toBeGreaterThan(0);
  } finally {
    await service.stop();
    await site.drop();
  }
});
