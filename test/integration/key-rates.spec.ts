import { once } from 'node:events';
import { GrpcClient, resultsIn, streamBytes, type StreamResult } from '../setup/grpc-client';
import { RestClient } from '../setup/rest-client';
import { redisUrl } from '../setup/servers';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, mariadbSites, sqliteSites } from '../setup/service-sites';

const ACCOUNT = { id: 'acct', asset: 'USD/2', initialBalance: '1000000' };
/** So slow that nothing comes back while a test runs. */
const ONE_IN_A_LONG_TIME = 1;

describe('the rates of a key', () => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let grpc: GrpcClient;

  beforeAll(async () => {
    site = await sqliteSites.make(1);
    service = await startTestService(site);
    rest = service.rest;
    grpc = new GrpcClient(service.grpcAddress);
    await rest.post('/v1/accounts', ACCOUNT);
  });
  afterAll(async () => {
    grpc.close();
    await service.stop();
    await site.drop();
  });

  const keyWith = async (rates: object): Promise<{ readonly keyId: string; readonly key: string }> => {
    const { body, status } = await rest.post('/v1/admin/keys', {
      name: 'limited',
      scopes: ['read', 'deduct'],
      ...rates,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject(rates);
    return { keyId: String(body['keyId']), key: String(body['key']) };
  };
  const balanceOf = async (): Promise<bigint> =>
    BigInt(String((await rest.get('/v1/accounts/acct/balance')).body['available']));

  it('bound its requests, and say so', async () => {
    const { key } = await keyWith({ requestsPerSecond: ONE_IN_A_LONG_TIME });
    const limited = rest.as(key);
    const first = await limited.get('/v1/accounts/acct');
    expect(first).toMatchObject({
      status: 200,
      headers: { 'ratelimit-policy': '"requests";q=1;w=1', ratelimit: '"requests";r=0;t=1' },
    });
    const refused = await Promise.all(Array.from({ length: 5 }, () => limited.get('/v1/accounts/acct')));
    const tooMany = refused.find(({ status }) => status === 429);
    expect(tooMany).toMatchObject({
      body: { code: 'RATE_LIMITED', detail: 'The key may make 1 requests a second.' },
      headers: { 'retry-after': '1', connection: 'keep-alive' },
    });
    limited.close();
  });

  it('say nothing of a key that has none', async () => {
    const { headers } = await rest.get('/v1/accounts/acct');
    expect(headers['ratelimit']).toBeUndefined();
    expect(headers['ratelimit-policy']).toBeUndefined();
  });

  it('bound its deductions one by one, in batches, received and held, and nothing is done beyond them', async () => {
    const before = await balanceOf();
    const { key } = await keyWith({ deductionsPerSecond: ONE_IN_A_LONG_TIME });
    const limited = rest.as(key);
    const batch = (prefix: string, count: number) => ({
      items: Array.from({ length: count }, (_, n) => ({
        accountId: 'acct',
        amount: '1',
        requestId: `${prefix}${n}`,
      })),
    });
    // A batch that is larger than the rate passes whole, and is paid off: for a minute and more nothing else passes.
    expect((await limited.post('/v1/deductions:batch', batch('b', 100))).status).toBe(200);
    const deduct = { amount: '1', requestId: 'one' };
    const refused = [
      await limited.post('/v1/accounts/acct/deductions', deduct),
      await limited.post('/v1/accounts/acct/deductions', deduct, { prefer: 'respond-async' }),
      await limited.post('/v1/deductions:batch', batch('c', 2)),
      await limited.post('/v1/accounts/acct/holds', { amount: '1', requestId: 'h' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([429, 429, 429, 429]);
    for (const method of ['Deduct', 'Hold'])
      expect(
        await grpc.call(`hotsplit.v1.DeductionService/${method}`, { accountId: 'acct', ...deduct }, { key }),
      ).toMatchObject({ kind: 'failed', code: 'RATE_LIMITED' });
    for (const method of ['BatchDeduct', 'SubmitDeductions'])
      expect(
        await grpc.call(`hotsplit.v1.DeductionService/${method}`, { items: batch('d', 2).items }, { key }),
      ).toMatchObject({ kind: 'failed', code: 'RATE_LIMITED' });
    // What takes nothing from the rate goes on.
    expect((await limited.get('/v1/accounts/acct/balance')).status).toBe(200);
    expect(await balanceOf()).toBe(before - 100n);
    limited.close();
  });

  it('refuse in a stream what is beyond them, item by item, and the stream goes on', async () => {
    const { key } = await keyWith({ deductionsPerSecond: ONE_IN_A_LONG_TIME });
    const stream = grpc.stream({ key });
    const results: StreamResult[] = [];
    stream.on('data', (bytes: Buffer) => results.push(...resultsIn(bytes)));
    const ended = once(stream, 'end');
    for (const [message, count] of [10, 2].entries())
      stream.write(
        streamBytes(
          Array.from({ length: count }, (_, n) => ({
            accountId: 'acct',
            amount: '1',
            requestId: `s${message}-${n}`,
          })),
        ),
      );
    stream.end();
    await ended;
    expect(results).toHaveLength(12);
    const refused = results
      .filter(({ error }) => error?.code === 'RATE_LIMITED')
      .map(({ requestId }) => requestId);
    expect(refused.sort()).toEqual(['s1-0', 's1-1']);
  });

  it('are changed and taken away while the key is used', async () => {
    const { keyId, key } = await keyWith({ requestsPerSecond: ONE_IN_A_LONG_TIME });
    const limited = rest.as(key);
    const statuses = async (): Promise<number[]> =>
      (await Promise.all(Array.from({ length: 3 }, () => limited.get('/v1/accounts/acct')))).map(
        ({ status }) => status,
      );
    expect(await statuses()).toContain(429);
    const changed = await rest.put(`/v1/admin/keys/${keyId}`, {
      requestsPerSecond: null,
      deductionsPerSecond: 7,
    });
    expect(changed.body).toMatchObject({ deductionsPerSecond: 7 });
    expect(changed.body['requestsPerSecond']).toBeUndefined();
    expect(await statuses()).toEqual([200, 200, 200]);
    const over = await grpc.call('hotsplit.v1.AdminService/ChangeKey', {
      keyId,
      requestsPerSecond: 9,
      updateMask: { paths: ['requests_per_second', 'deductions_per_second'] },
    });
    expect(over).toMatchObject({ message: { key: { requestsPerSecond: 9 } } });
    expect(JSON.stringify(over)).not.toContain('deductionsPerSecond');
    limited.close();
  });

  it.each([0, -1, 1.5, '10', 1_000_000_001])('may not be %p', async (requestsPerSecond) => {
    const made = await rest.post('/v1/admin/keys', { name: 'x', scopes: ['read'], requestsPerSecond });
    expect(made).toMatchObject({ status: 400, body: { errors: [{ field: 'requestsPerSecond' }] } });
  });
});

describe('the rates of a key at two instances with a Redis', () => {
  it('are kept together', async () => {
    const site = await mariadbSites.make(1);
    const settings = { HOTSPLIT_REDIS_URL: redisUrl() };
    const services = [
      await startTestService({ ...site, settings }),
      await startTestService({ ...site, settings }),
    ];
    const [first] = services as [TestService, TestService];
    await first.rest.post('/v1/accounts', ACCOUNT);
    const perSecond = 40;
    const { body } = await first.rest.post('/v1/admin/keys', {
      name: 'shared',
      scopes: ['read'],
      requestsPerSecond: perSecond,
    });
    const doors = services.map(({ rest }) => new RestClient(rest.url, String(body['key'])));
    const began = performance.now();
    let allowed = 0;
    let refused = 0;
    while (allowed < 2.5 * perSecond)
      for (const { status } of await Promise.all(doors.map((door) => door.get('/v1/accounts/acct')))) {
        if (status === 200) allowed += 1;
        else if (status === 429) refused += 1;
      }
    const seconds = (performance.now() - began) / 1_000;
    expect(refused).toBeGreaterThan(0);
    // A second's worth at once, and then the rate, however long it took.
    expect(allowed).toBeLessThanOrEqual(perSecond * (1 + seconds) * 1.05 + 2);
    for (const door of doors) door.close();
    for (const service of services) await service.stop();
    await site.drop();
  });
});
