import { randomBytes } from 'node:crypto';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { OtlpReceiver, type ReceivedSpan } from '../setup/otlp-receiver';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, mariadbSites, sqliteSites } from '../setup/service-sites';

const PARENT = 'b'.repeat(16);

function traceParent(flag: '00' | '01') {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, header: `00-${traceId}-${PARENT}-${flag}` };
}

/** Names of a span and of those that it is part of, from the call inwards. */
function wayTo(span: ReceivedSpan, all: readonly ReceivedSpan[]): string[] {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  return parent ? [...wayTo(parent, all), span.name] : [span.name];
}

describe.each([sqliteSites, mariadbSites])('[$mark] a trace', (sites) => {
  let receiver: OtlpReceiver;
  let site: ServiceSite;
  let service: TestService;
  let grpc: GrpcClient;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    site = await sites.make(1);
    const settings = { HOTSPLIT_TRACES_URL: receiver.url, HOTSPLIT_TRACES_SAMPLE: '0' };
    service = await startTestService({ ...site, settings });
    grpc = new GrpcClient(service.grpcAddress);
    await service.rest.post('/v1/accounts', { id: 'acct', asset: 'USD/2', initialBalance: '1000' });
  });

  afterAll(async () => {
    grpc.close();
    await service.stop();
    await site.drop();
    await receiver.stop();
  });

  const wholeTrace = (traceId: string, door: string): Promise<ReceivedSpan[]> =>
    eventually('the trace is there', () => {
      const spans = receiver.of(traceId);
      return Promise.resolve(spans.some(({ name }) => name === door) ? spans : undefined);
    });

  const expectWay = (spans: readonly ReceivedSpan[], door: string): void => {
    const ways = spans.map((span) => wayTo(span, spans).join(' > '));
    const batch = `${door} > engine > lane > batch`;
    expect(ways).toEqual(
      expect.arrayContaining([
        door,
        `${door} > engine`,
        `${door} > engine > lane`,
        batch,
        `${batch} > write and commit`,
      ]),
    );
    const lane = spans.find(({ name }) => name === 'lane');
    expect(spans.find(({ name }) => name === door)?.parentSpanId).toBe(PARENT);
    expect(spans.find(({ name }) => name === 'batch')?.links).toMatchObject([{ spanId: lane?.spanId }]);
  };

  it('shows the way of a deduction over REST, from the door to its statements', async () => {
    const { traceId, header } = traceParent('01');
    const headers = { traceparent: header };
    await service.rest.post('/v1/accounts/acct/deductions', { amount: '1', requestId: 'rest' }, headers);
    const door = 'POST /v1/accounts/:accountId/deductions';
    const spans = await wholeTrace(traceId, door);
    expectWay(spans, door);
    expect(spans.find(({ name }) => name === door)?.attributes).toContainEqual({
      key: 'http.response.status_code',
      value: { intValue: 201 },
    });
  });

  it('shows the same over gRPC', async () => {
    const { traceId, header } = traceParent('01');
    const call = { accountId: 'acct', amount: '1', requestId: 'grpc' };
    await grpc.call('hotsplit.v1.DeductionService/Deduct', call, { said: { traceparent: header } });
    const door = '/hotsplit.v1.DeductionService/Deduct';
    expectWay(await wholeTrace(traceId, door), door);
  });

  it('is not begun for a call whose caller traces nothing', async () => {
    const not = traceParent('00');
    const body = (requestId: string) => ({ amount: '1', requestId });
    await service.rest.post('/v1/accounts/acct/deductions', body('not'), { traceparent: not.header });
    const { traceId, header } = traceParent('01');
    await service.rest.post('/v1/accounts/acct/deductions', body('after'), { traceparent: header });
    await wholeTrace(traceId, 'POST /v1/accounts/:accountId/deductions');
    expect(receiver.of(not.traceId)).toEqual([]);
  });
});

it('a collector that is away harms nothing', async () => {
  const site = await sqliteSites.make(1);
  const settings = { HOTSPLIT_TRACES_URL: 'http://127.0.0.1:1/v1/traces', HOTSPLIT_TRACES_SAMPLE: '1' };
  const service = await startTestService({ ...site, settings });
  const { rest } = service;
  await rest.post('/v1/accounts', { id: 'acct', asset: 'USD/2', initialBalance: '1000' });
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      rest.post('/v1/accounts/acct/deductions', { amount: '1', requestId: `r${n}` }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  await service.stop();
  await site.drop();
});
