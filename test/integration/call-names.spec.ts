import { once } from 'node:events';
import type { Metadata } from '@grpc/grpc-js';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { aString, matching } from '../setup/matching';
import { sayRaw } from '../setup/raw-http';
import { ADMIN_KEY } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const CALL_ID = 'gateway-7:click/42';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACE_PARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const NAMES = { 'x-request-id': CALL_ID, traceparent: TRACE_PARENT };
const MADE = matching(/^[\w-]{12}-[0-9a-z]+$/);
const DEDUCT = 'hotsplit.v1.DeductionService/Deduct';

let site: ServiceSite;
let service: TestService;
let grpc: GrpcClient;
let logged: jest.SpiedFunction<typeof process.stderr.write>;

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  logged = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  site = await sqliteSites.make(2);
  service = await startTestService({ ...site, settings });
  grpc = new GrpcClient(service.grpcAddress);
  await service.rest.createAccount({ id: 'acme', initialBalance: 1_000 });
}

afterEach(async () => {
  delete process.env['HOTSPLIT_TEST_FAULT'];
  grpc.close();
  await service.stop();
  await site.drop();
  logged.mockRestore();
});

function linesOf(message: string): readonly Record<string, unknown>[] {
  return logged.mock.calls
    .map(([line]) => JSON.parse(String(line)) as Record<string, unknown>)
    .filter((line) => line['message'] === message);
}

describe('what names a call', () => {
  beforeEach(() => start({}));

  it.each([
    ['a success', 'GET', '/v1/accounts/acme', 200],
    ['a problem', 'GET', '/v1/accounts/nobody', 404],
    ['a malformed request', 'GET', '/v1/accounts/acme?x=1', 400],
    ['no route', 'GET', '/nowhere', 404],
    ['another method', 'DELETE', '/v1/accounts/acme', 405],
    ['a path that cannot be decoded', 'GET', '/v1/accounts/%ZZ', 400],
    ['an answer without a key', 'GET', '/healthz', 200],
    ['metrics', 'GET', '/metrics', 200],
  ])('stands in every answer over REST: %s', async (_what, method, path, status) => {
    const answer = await service.rest.send(method, path, { headers: NAMES });
    expect(answer).toMatchObject({ status, headers: NAMES });
    const unnamed = await service.rest.send(method, path);
    expect(unnamed).toMatchObject({ status, headers: { 'x-request-id': MADE } });
    expect(unnamed.headers['traceparent']).toBeUndefined();
  });

  it('stands in answers to those who are not let in, pay, or speak no HTTP', async () => {
    const { rest } = service;
    const stranger = rest.as('nobody-knows-this-key');
    expect(await stranger.send('GET', '/v1/accounts', { headers: NAMES })).toMatchObject({
      status: 401,
      headers: NAMES,
    });
    stranger.close();
    const body = { amount: '1', requestId: 'r1' };
    for (const status of [201, 200])
      expect(await rest.post('/v1/accounts/acme/deductions', body, NAMES)).toMatchObject({
        status,
        headers: NAMES,
      });
    expect(await sayRaw(rest.url, 'NO HTTP\r\n\r\n')).toMatch(/\r\nx-request-id: [\w-]{14,}\r\n/);
    const expecting = `GET / HTTP/1.1\r\nhost: x\r\nexpect: much\r\nx-request-id: ${CALL_ID}\r\n\r\n`;
    expect(await sayRaw(rest.url, expecting)).toContain(`\r\nx-request-id: ${CALL_ID}\r\n`);
  });

  it('is taken only as far as it may be repeated', async () => {
    const headers = { 'x-request-id': 'a "quoted" one', traceparent: `00-${'0'.repeat(32)}-x-01` };
    const answer = await service.rest.send('GET', '/healthz', { headers });
    expect(answer.headers).toMatchObject({ 'x-request-id': MADE });
    expect(answer.headers['traceparent']).toBeUndefined();
  });

  it('is metadata of every answer over gRPC', async () => {
    const money = { accountId: 'acme', requestId: 'g1', amount: '1' };
    for (const message of [
      money,
      { ...money, amount: '1000000', requestId: 'g2' },
      { ...money, requestId: '' },
    ])
      expect(await grpc.metadata(DEDUCT, message, { said: NAMES })).toMatchObject(NAMES);
    expect(await grpc.metadata(DEDUCT, money, { key: '', said: NAMES })).toMatchObject(NAMES);
    expect(await grpc.metadata(DEDUCT, money)).toMatchObject({ 'x-request-id': MADE });
  });

  it('is metadata of a stream', async () => {
    const stream = grpc.stream({ said: NAMES });
    const [metadata] = (await once(stream, 'metadata')) as [Metadata];
    expect(metadata.getMap()).toMatchObject(NAMES);
    stream.end();
    stream.resume();
    await once(stream, 'end');
    const refused = grpc.stream({ key: 'nobody-knows-this-key', said: NAMES });
    const [error] = (await once(refused, 'error')) as [{ metadata: Metadata }];
    expect(error.metadata.getMap()).toMatchObject(NAMES);
  });
});

// The fault fails a resize once.
describe.each(['REST', 'gRPC'])('an incident that is answered over %s', (door) => {
  beforeEach(() => {
    process.env['HOTSPLIT_TEST_FAULT'] = 'resize.asked:fail';
    return start({});
  });

  const incidentOf = async (): Promise<unknown> => {
    if (door === 'REST') return (await service.rest.resize('acme', { count: 2 }, NAMES)).body['incident'];
    const method = 'hotsplit.v1.AdminService/ResizeSubAccounts';
    const outcome = await grpc.call(method, { accountId: 'acme', count: 2 }, { said: NAMES });
    return outcome.kind === 'failed' && outcome.data['incident'];
  };

  it('is logged with what names the call', async () => {
    const incident = await incidentOf();
    expect(incident).toEqual(aString);
    expect(linesOf('a command failed by a defect')).toMatchObject([{ incident }]);
    const line = { level: 'error', incident, xRequestId: CALL_ID, traceId: TRACE_ID, keyId: 'bootstrap' };
    expect(linesOf('a call was answered with an incident')).toMatchObject([line]);
  });
});

describe('the access log', () => {
  it('is off by default', async () => {
    await start({ HOTSPLIT_LOG_LEVEL: 'info' });
    await service.rest.get('/v1/accounts/acme');
    expect(linesOf('a call was answered')).toEqual([]);
  });

  it('has a line a call with its ids, pattern, status and time, and nothing that a caller may want to hide', async () => {
    await start({ HOTSPLIT_ACCESS_LOG_SAMPLE: '1', HOTSPLIT_LOG_LEVEL: 'info' });
    const { rest } = service;
    const reference = 'hidden-reference';
    const payment = { amount: '7', requestId: 'hidden-request', reference };
    await rest.post('/v1/accounts/acme/deductions', payment, { ...NAMES, 'x-secret': 'hidden-header' });
    await rest.get('/v1/accounts/acme/entries?limit=7&cursor=hidden-cursor');
    await rest.get('/hidden-path?key=hidden-query');
    const stranger = rest.as('hidden-key-of-a-stranger');
    await stranger.get('/v1/accounts');
    stranger.close();
    await grpc.call(DEDUCT, { accountId: 'acme', ...payment, requestId: 'hidden-2' }, { said: NAMES });
    await grpc.call(DEDUCT, { accountId: 'acme', ...payment }, { key: 'hidden-key' });
    const logLines = await eventually('a line of each call', () => {
      const found = linesOf('a call was answered');
      return Promise.resolve(found.length < 7 ? undefined : found);
    });
    const lines = logLines.map((line) => ({ ...line, time: '', ms: typeof line['ms'] }));
    const said = { time: '', level: 'info', message: 'a call was answered', ms: 'number' };
    const money = '/v1/accounts/:accountId';
    const grpcLine = { ...said, method: 'grpc', route: `/${DEDUCT}` };
    const mine = { xRequestId: CALL_ID, traceId: TRACE_ID, keyId: 'bootstrap' };
    expect(lines).toEqual([
      { ...said, xRequestId: MADE, keyId: 'bootstrap', method: 'POST', route: '/v1/accounts', status: 201 },
      { ...said, ...mine, method: 'POST', route: `${money}/deductions`, status: 201 },
      {
        ...said,
        xRequestId: MADE,
        keyId: 'bootstrap',
        method: 'GET',
        route: `${money}/entries`,
        status: 400,
      },
      { ...said, xRequestId: MADE, keyId: 'none', method: 'GET', route: 'none', status: 404 },
      { ...said, xRequestId: MADE, keyId: 'none', method: 'GET', route: '/v1/accounts', status: 401 },
      { ...grpcLine, ...mine, status: 'OK' },
      { ...grpcLine, xRequestId: MADE, keyId: 'none', status: 'UNAUTHENTICATED' },
    ]);
    const everything = logged.mock.calls.map(([line]) => String(line)).join('');
    expect(everything).not.toContain('hidden');
    expect(everything).not.toContain(ADMIN_KEY);
  });
});
