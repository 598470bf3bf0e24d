import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
} from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { TestClock } from '../../../test/models/test-clock';
import { BodyBudget } from '../body-budget';
import { countMessages } from './count-messages';

const MIB = 1024 * 1024;
const UNARY = '/hotsplit.v1.DeductionService/BatchDeduct';

describe('messages of gRPC calls', () => {
  let listener: Http2Server;
  let client: ClientHttp2Session;
  let clock: TestClock;
  let budget: BodyBudget;
  let refused: (readonly [string, string])[];
  let calls: number;
  let readBytes: number;

  beforeEach(async () => {
    clock = new TestClock();
    budget = new BodyBudget(8 * MIB);
    refused = [];
    [calls, readBytes] = [0, 0];
    listener = createServer();
    countMessages(listener, {
      budget,
      later: (ms, run) => clock.later(ms, run),
      keyIdOf: (authorization) => (authorization === 'Bearer known' ? 'k1' : ''),
      refused: (refusal, keyId) => refused.push([refusal, keyId]),
    });
    // In place of the server library: reads, and answers nothing.
    listener.on('stream', (stream) => {
      calls += 1;
      stream.on('data', (chunk: Buffer) => (readBytes += chunk.length));
      stream.on('error', () => undefined);
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    client = connect(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    client.destroy();
    listener.close();
    await once(listener, 'close');
  });

  const begin = (path = UNARY, authorization?: string): ClientHttp2Stream =>
    client
      .request({ ':method': 'POST', ':path': path, ...(authorization && { authorization }) })
      .on('error', () => undefined);

  /** The status that a call ended with. */
  const ended = async (call: ClientHttp2Stream): Promise<unknown> => {
    const [headers] = (await once(call, 'response')) as [Record<string, unknown>];
    return headers['grpc-status'];
  };

  /** Resolves when the listener has read a call and so many bytes of it. */
  const read = (bytes: number): Promise<void> => until(() => calls === 1 && readBytes === bytes);

  it('that were begun are counted by the length that they say, until their call has ended', async () => {
    const call = begin();
    call.write(Buffer.concat([prefix(2 * MIB), Buffer.alloc(100)]));
    await until(() => budget.taken === 2 * MIB);
    call.close();
    await until(() => budget.taken === 0);
    expect(refused).toEqual([]);
  });

  it('are refused where one address has its part of the memory, and small ones are not', async () => {
    const first = begin();
    first.write(prefix(4 * MIB));
    await until(() => budget.taken === 4 * MIB);
    const second = begin();
    second.write(prefix(4 * MIB));
    expect(await ended(second)).toBe('14');
    expect(refused).toEqual([['share', '']]);
    const small = begin();
    small.end(Buffer.concat([prefix(3), Buffer.from('abc')]));
    const known = begin(UNARY, 'Bearer known');
    known.write(prefix(MIB));
    await until(() => budget.taken === 5 * MIB);
    expect(refused).toHaveLength(1);
  });

  it('that stop arriving end their call', async () => {
    const call = begin();
    call.write(Buffer.concat([prefix(MIB), Buffer.alloc(10)]));
    await until(() => budget.taken === MIB);
    const answer = ended(call);
    clock.pass(5_000);
    clock.pass(5_000);
    expect(await answer).not.toBe('0');
    expect(refused).toEqual([['stalled', '']]);
    expect(budget.taken).toBe(0);
  });

  it.each([
    ['no message', Buffer.alloc(0)],
    ['a part of a prefix', Buffer.from([0, 0])],
    ['a part of a small message', Buffer.concat([prefix(10), Buffer.from('half')])],
  ])('of a call that sends %s end it after 30 seconds', async (_what, bytes) => {
    const call = begin();
    if (bytes.length > 0) call.write(bytes);
    await read(bytes.length);
    const answer = ended(call);
    for (let seconds = 0; seconds < 34; seconds += 2) clock.pass(2_000);
    expect(await answer).not.toBe('0');
    expect(refused).toEqual([['stalled', '']]);
  });

  it('are waited for without end on a stream of many', async () => {
    const call = begin('/hotsplit.v1.DeductionService/StreamDeduct');
    await read(0);
    for (let seconds = 0; seconds < 100; seconds += 2) clock.pass(2_000);
    // Two whole messages, their prefixes cut anywhere.
    const bytes = Buffer.concat([prefix(6), Buffer.from('whole1'), prefix(6), Buffer.from('whole2')]);
    for (const byte of bytes) call.write(Buffer.from([byte]));
    await read(bytes.length);
    for (let seconds = 0; seconds < 100; seconds += 2) clock.pass(2_000);
    expect(refused).toEqual([]);
  });
});

function prefix(length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((turn) => setImmediate(turn));
}
