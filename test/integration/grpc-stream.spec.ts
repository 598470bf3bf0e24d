import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { eventually } from '../setup/eventually';
import { failureOf, GrpcClient, resultsIn, streamBytes, type StreamResult } from '../setup/grpc-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const IN_FLIGHT_MAX = 100;
const MESSAGE_ITEMS = 50;
const ACCOUNT = 'a'.repeat(64);

type Stream = ClientDuplexStream<Buffer, Buffer>;

let site: ServiceSite;
let service: TestService;
let grpc: GrpcClient;

beforeEach(async () => {
  site = await sqliteSites.make(2);
  service = await startTestService({
    folder: site.folder,
    shards: site.shards,
    settings: { HOTSPLIT_GRPC_STREAM_IN_FLIGHT_MAX: String(IN_FLIGHT_MAX) },
  });
  grpc = new GrpcClient(service.grpcAddress);
  await service.rest.createAccount({ id: ACCOUNT, subAccounts: 2, initialBalance: 1_000_000 });
});

afterEach(async () => {
  grpc.close();
  await service.stop();
  await site.drop();
});

it('answers each deduction once, in any order, and ends when all were answered after the half-close', async () => {
  const stream = grpc.stream();
  const { messages, end } = reading(stream);
  stream.write(streamBytes([one('first'), { ...one('malformed'), amount: '0' }]));
  stream.write(streamBytes(many('each', 300)));
  stream.write(streamBytes([one('first')]));
  stream.end();
  await end;
  const results = messages.flat();
  expect(results).toHaveLength(303);
  expect(results[0]).toMatchObject({ requestId: 'malformed', error: { code: 'INVALID_ARGUMENT' } });
  expect(endings(results, 'first')).toEqual(['DEDUCT_STATUS_REPLAYED', 'DEDUCT_STATUS_SUCCEEDED']);
  expect(results.filter(({ status: ended }) => ended === 'DEDUCT_STATUS_SUCCEEDED')).toHaveLength(301);
  expect(new Set(results.map(({ requestId }) => requestId)).size).toBe(302);
  expect(await available()).toBe(1_000_000 - 301);
  expect(await ended('OK')).toBe(1);
});

it('puts the results that are known together into one message', async () => {
  const stream = grpc.stream();
  const { messages, end } = reading(stream);
  stream.write(streamBytes(many('each', 500)));
  stream.end();
  await end;
  expect(messages.flat()).toHaveLength(500);
  expect(messages.length).toBeLessThan(50);
});

it('takes no more than it may from a sender that does not read, and harms no other client', async () => {
  const sent = 10_000;
  const stream = grpc.stream();
  for (let from = 0; from < sent; from += MESSAGE_ITEMS)
    stream.write(streamBytes(many(`slow-${from}`, MESSAGE_ITEMS)));
  await eventually(
    'a stream that takes nothing more',
    async () => (await inFlight()) >= IN_FLIGHT_MAX || undefined,
  );

  const other = new GrpcClient(service.grpcAddress);
  for (let turn = 0; turn < 20; turn += 1) {
    expect(
      await other.call('hotsplit.v1.DeductionService/Deduct', { ...one(`other-${turn}`) }),
    ).toMatchObject({ kind: 'answered' });
    expect(await inFlight()).toBeLessThan(IN_FLIGHT_MAX + MESSAGE_ITEMS);
  }
  other.close();
  expect(await available()).toBeGreaterThan(1_000_000 - sent);

  const { messages, end } = reading(stream);
  stream.end();
  await end;
  expect(new Set(messages.flat().map(({ requestId }) => requestId)).size).toBe(sent);
  expect(await available()).toBe(1_000_000 - sent - 20);
});

it('forgets a stream that was cancelled; what it took is found by its request ids', async () => {
  const stream = grpc.stream();
  const { messages, end } = reading(stream);
  stream.write(streamBytes([one('seen')]));
  await eventually('a result', () => Promise.resolve(messages.length === 1 || undefined));
  stream.write(streamBytes(many('cut', MESSAGE_ITEMS)));
  stream.cancel();
  expect(await end).toMatchObject({ status: status.CANCELLED });
  await eventually('no open stream', async () => (await gauge('hotsplit_grpc_streams')) === 0 || undefined);

  const again = grpc.stream();
  const second = reading(again);
  again.write(streamBytes(many('cut', MESSAGE_ITEMS)));
  again.end();
  await second.end;
  expect(second.messages.flat()).toHaveLength(MESSAGE_ITEMS);
  expect(await available()).toBe(1_000_000 - MESSAGE_ITEMS - 1);
});

it('ends a stream with a message that cannot be read, after what came before was answered', async () => {
  const stream = grpc.stream();
  const { messages, end } = reading(stream);
  stream.write(streamBytes([one('before')]));
  stream.write(Buffer.from([0xff]));
  expect(await end).toMatchObject({ status: status.INVALID_ARGUMENT, code: 'INVALID_ARGUMENT' });
  expect(messages.flat()).toMatchObject([{ requestId: 'before', status: 'DEDUCT_STATUS_SUCCEEDED' }]);
});

it('needs a key, at its start and as long as it goes on', async () => {
  const refused = grpc.stream({ key: 'nonsense' });
  expect(await reading(refused).end).toMatchObject({ code: 'UNAUTHENTICATED' });

  const made = await service.rest.post('/v1/admin/keys', { name: 'sender', scopes: ['deduct'] });
  const stream = grpc.stream({ key: String(made.body['key']) });
  const { messages, end } = reading(stream);
  stream.write(streamBytes([one('with-key')]));
  await eventually('its result', () => Promise.resolve(messages.length === 1 || undefined));
  await service.rest.send('DELETE', `/v1/admin/keys/${String(made.body['keyId'])}`);
  stream.write(streamBytes([one('without-key')]));
  expect(await end).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await available()).toBe(1_000_000 - 1);
});

it('is answered what it sent, and then ended, when the service stops', async () => {
  const stream = grpc.stream();
  const { messages, end } = reading(stream);
  stream.write(streamBytes([one('before')]));
  await eventually('its result', () => Promise.resolve(messages.length === 1 || undefined));
  const stopped = service.stop();
  expect(await end).toMatchObject({ status: status.UNAVAILABLE, code: 'OVERLOADED', retryAfterSeconds: 1 });
  await stopped;
  service = await startTestService({ folder: site.folder, shards: site.shards });
});

function one(requestId: string) {
  return { accountId: ACCOUNT, requestId, amount: '1' };
}

function many(name: string, count: number) {
  return Array.from({ length: count }, (_, n) => one(`${name}-${n}`.padEnd(64, '.')));
}

/** Reads all messages; `end` is how the call ended. */
function reading(stream: Stream) {
  const messages: (readonly StreamResult[])[] = [];
  stream.on('data', (bytes: Buffer) => messages.push(resultsIn(bytes)));
  const end = new Promise<ReturnType<typeof failureOf> | 'ok'>((ended) => {
    stream.on('end', () => {
      ended('ok');
    });
    stream.on('error', (error: ServiceError) => {
      ended(failureOf(error));
    });
  });
  return { messages, end };
}

function endings(results: readonly StreamResult[], requestId: string): readonly string[] {
  return results
    .filter((result) => result.requestId === requestId)
    .map(({ status: ended }) => ended)
    .sort();
}

function inFlight(): Promise<number> {
  return gauge('hotsplit_grpc_stream_in_flight');
}

async function gauge(name: string): Promise<number> {
  const { text } = await service.rest.get('/metrics');
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

/** How many streams ended with a status. */
async function ended(name: string): Promise<number> {
  const { text } = await service.rest.get('/metrics');
  const series = `hotsplit_grpc_streams_total{method="/hotsplit.v1.DeductionService/StreamDeduct",status="${name}"}`;
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(series))
      ?.slice(series.length),
  );
}

async function available(): Promise<number> {
  return Number((await service.rest.get(`/v1/accounts/${ACCOUNT}/balance`)).body['available']);
}
