import { once } from 'node:events';
import { GrpcClient, resultsIn, streamBytes, type StreamResult } from '../setup/grpc-client';
import type { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

/** So slow that nothing comes back while a test runs. */
const ONE_IN_A_LONG_TIME = 1;

describe('the rates of an account', () => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let grpc: GrpcClient;

  beforeAll(async () => {
    site = await sqliteSites.make(1);
    service = await startTestService(site);
    rest = service.rest;
    grpc = new GrpcClient(service.grpcAddress);
    await rest.post('/v1/accounts', { id: 'free', asset: 'USD/2', initialBalance: '1000' });
  });

  afterAll(async () => {
    grpc.close();
    await service.stop();
    await site.drop();
  });

  const accountWith = async (id: string, rates: object): Promise<void> => {
    await rest.post('/v1/accounts', { id, asset: 'USD/2', initialBalance: '1000' });
    const { status, body } = await rest.send('PATCH', `/v1/accounts/${id}`, { json: rates });
    expect(status).toBe(200);
    expect(body).toMatchObject(rates);
  };

  /** Every request that finds the rate used up; the first may pass. */
  const laterOf = async (ask: () => Promise<{ readonly status: number }>): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await ask()).status);
    return statuses;
  };

  it('bound its requests whoever comes, at both doors, and say so', async () => {
    await accountWith('asked', { requestsPerSecond: ONE_IN_A_LONG_TIME });
    const all = await Promise.all(Array.from({ length: 5 }, () => rest.get('/v1/accounts/asked/balance')));
    expect(all.find(({ status }) => status === 429)).toMatchObject({
      body: { code: 'RATE_LIMITED', detail: 'The account may have 1 requests a second.' },
      headers: { 'retry-after': '1', 'ratelimit-policy': '"account-requests";q=1;w=1' },
    });
    const calls = Array.from({ length: 5 }, () =>
      grpc.call('hotsplit.v1.AccountService/GetBalance', { accountId: 'asked' }),
    );
    expect(await Promise.all(calls)).toContainEqual(expect.objectContaining({ code: 'RATE_LIMITED' }));
    expect(await laterOf(() => rest.get('/v1/accounts/free/balance'))).toEqual([200, 200, 200, 200]);
  });

  it('bound its deductions and holds, and nothing is done beyond them', async () => {
    await accountWith('charged', { deductionsPerSecond: ONE_IN_A_LONG_TIME });
    const ask = (n: number) =>
      n % 2 === 0
        ? rest.post('/v1/accounts/charged/deductions', { amount: '1', requestId: `d${n}` })
        : rest.post('/v1/accounts/charged/holds', { amount: '1', requestId: `h${n}` });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(n)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(429);
    const made = BigInt(statuses.filter((status) => status === 201).length);
    expect(await rest.available('charged')).toBe(1_000n - made);
  });

  it('bound what it pays to other accounts, at both doors, and not what it is paid', async () => {
    await accountWith('payer', { deductionsPerSecond: ONE_IN_A_LONG_TIME });
    const pay = (n: number, from: string, to: string) =>
      rest.post('/v1/transfers', { from, to, amount: '1', requestId: `${from}-${n}` });
    const several = (from: string, to: string) =>
      Promise.all(Array.from({ length: 10 }, (_, n) => pay(n, from, to)));
    const paid = await several('payer', 'free');
    expect(paid.find(({ status }) => status === 429)).toMatchObject({
      body: { code: 'RATE_LIMITED' },
      headers: { 'retry-after': expect.any(String) as string },
    });
    const made = BigInt(paid.filter(({ status }) => status === 201).length);
    expect(await rest.available('payer')).toBe(1_000n - made);
    expect((await several('free', 'payer')).map(({ status }) => status)).toEqual(Array(10).fill(201));
    const calls = Array.from({ length: 10 }, (_, n) =>
      grpc.call('hotsplit.v1.DeductionService/Transfer', {
        fromAccount: 'payer',
        toAccount: 'free',
        amount: '1',
        requestId: `g${n}`,
      }),
    );
    expect(await Promise.all(calls)).toContainEqual(expect.objectContaining({ code: 'RATE_LIMITED' }));
  });

  it('judge the items of a batch and of a stream one by one', async () => {
    await accountWith('many', { deductionsPerSecond: 10 });
    const itemsOf = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, n) => ({
        accountId: n % 2 === 0 ? 'many' : 'free',
        amount: '1',
        requestId: `${prefix}${n}`,
      }));
    const { body } = await rest.post('/v1/deductions:batch', { items: itemsOf('b', 200) });
    const results = body['results'] as readonly {
      readonly status: string;
      readonly error?: { code: string };
    }[];
    const codes = (from: number): Set<string> =>
      new Set(results.filter((_, n) => n % 2 === from).map(({ status, error }) => error?.code ?? status));
    expect(codes(0)).toEqual(new Set(['succeeded', 'RATE_LIMITED']));
    expect(codes(1)).toEqual(new Set(['succeeded']));

    const stream = grpc.stream();
    const streamed: StreamResult[] = [];
    stream.on('data', (bytes: Buffer) => streamed.push(...resultsIn(bytes)));
    const ended = once(stream, 'end');
    stream.write(streamBytes(itemsOf('s', 200)));
    stream.end();
    await ended;
    expect(new Set(streamed.map(({ error }) => error?.code))).toEqual(new Set([undefined, 'RATE_LIMITED']));
    const made =
      results.filter(({ status }, n) => n % 2 === 0 && status === 'succeeded').length +
      streamed.filter(({ requestId, error }) => !error && Number(requestId.slice(1)) % 2 === 0).length;
    expect(await rest.available('many')).toBe(1_000n - BigInt(made));
  });

  it('are taken away by whoever administers accounts, however little is left of them', async () => {
    await accountWith('lifted', { requestsPerSecond: ONE_IN_A_LONG_TIME });
    await Promise.all(Array.from({ length: 5 }, () => rest.get('/v1/accounts/lifted')));
    const { status, body } = await rest.send('PATCH', '/v1/accounts/lifted', {
      json: { requestsPerSecond: null },
    });
    expect(status).toBe(200);
    expect(body['requestsPerSecond']).toBeUndefined();
    expect(await laterOf(() => rest.get('/v1/accounts/lifted'))).toEqual([200, 200, 200, 200]);
  });

  it('are changed over gRPC too', async () => {
    await rest.post('/v1/accounts', { id: 'by-grpc', asset: 'USD/2' });
    const update = (message: object) =>
      grpc.call('hotsplit.v1.AccountService/UpdateAccount', { accountId: 'by-grpc', ...message });
    expect(await update({ deductionsPerSecond: 7 })).toMatchObject({
      kind: 'answered',
      message: { account: { deductionsPerSecond: 7 } },
    });
    await update({ updateMask: { paths: ['deductions_per_second'] } });
    expect((await rest.get('/v1/accounts/by-grpc')).body['deductionsPerSecond']).toBeUndefined();
  });
});
