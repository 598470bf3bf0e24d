import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { deductRequest, DeductionsWriter, METHODS, readResults } from '../../tools/bench/grpc/messages';
import { bytesField, fieldsOf, framed, FrameReader, varintField } from '../../tools/kernel/grpc-wire';
import type { LoopPlan } from '../../tools/bench/load/counted-loop';
import { runGrpcBatch } from '../../tools/bench/load/run-grpc-batch';
import { runGrpcStream } from '../../tools/bench/load/run-grpc-stream';
import { amountOf, requestIdOf } from '../../tools/bench/measure/requests';
import { codecOf, enumOf } from '../../src/api/grpc/wire';

const KEY = 'a-key';
const STATUSES = enumOf('hotsplit.v1.DeductStatus');
const deductions = [1, 2, 3].map((n) => ({ requestId: requestIdOf(n), amount: amountOf(n) }));

describe('the load clients’ gRPC', () => {
  test('writes messages as Protocol Buffers do', () => {
    // account_id: "hot", request_id: "r", amount: 300, by protoc's own rules.
    const written = deductRequest('hot', { requestId: 'r', amount: 300 });
    expect(written.toString('hex')).toBe('0a03686f74120172' + '18ac02');
  });

  test('writes and reads the messages of the service’s own protos', () => {
    const { decode } = codecOf<object>('hotsplit.v1.BatchDeductRequest');
    const items = deductions.map((each) => expect.objectContaining({ ...each, accountId: 'hot' }) as unknown);
    const decoded = decode(new DeductionsWriter('hot').write(deductions)) as { items: object[] };
    const plain = decoded.items.map((item) => ({
      ...item,
      amount: Number((item as { amount: unknown }).amount),
    }));
    expect(plain).toEqual(items);

    const { encode } = codecOf<object>('hotsplit.v1.StreamDeductResponse');
    const error = { code: 'INSUFFICIENT_FUNDS', detail: 'too little', data: { available: '1' } };
    const results = [
      { accountId: 'hot', requestId: 'a', status: STATUSES['DEDUCT_STATUS_SUCCEEDED'] },
      { accountId: 'hot', requestId: 'b', status: STATUSES['DEDUCT_STATUS_REJECTED'], error },
    ];
    expect(readResults(encode({ results }))).toEqual([
      { requestId: 'a', answer: { kind: 'acknowledged' } },
      { requestId: 'b', answer: { kind: 'refused', code: 'INSUFFICIENT_FUNDS' } },
    ]);
  });

  test('writes many deductions as it would write each', () => {
    const one = deductions.map((each) => bytesField(1, deductRequest('hot', each)));
    expect(new DeductionsWriter('hot').write(deductions)).toEqual(Buffer.concat(one));
  });

  test('puts messages together again, however they are cut', () => {
    const sent = Buffer.concat([
      framed(Buffer.from('first')),
      framed(Buffer.alloc(0)),
      framed(Buffer.from('third')),
    ]);
    for (let size = 1; size <= sent.length; size += 1) {
      const frames = new FrameReader();
      const read = [];
      for (let at = 0; at < sent.length; at += size) read.push(...frames.push(sent.subarray(at, at + size)));
      expect(read.map(String)).toEqual(['first', '', 'third']);
    }
  });

  test('reads what came of each deduction', () => {
    const problem = Buffer.concat([bytesField(1, 'INSUFFICIENT_FUNDS'), bytesField(2, 'too little')]);
    const unknown = bytesField(1, 'SHARD_UNAVAILABLE');
    const message = Buffer.concat([result('a', 1), result('b', 3, problem), result('c', 3, unknown)]);
    expect(readResults(message)).toEqual([
      { requestId: 'a', answer: { kind: 'acknowledged' } },
      { requestId: 'b', answer: { kind: 'refused', code: 'INSUFFICIENT_FUNDS' } },
      { requestId: 'c', answer: { kind: 'unknown', code: 'SHARD_UNAVAILABLE' } },
    ]);
  });
});

describe('the load clients over gRPC', () => {
  let server: Http2Server;
  let seen: string[];
  let refused: string | undefined;

  beforeEach(async () => {
    seen = [];
    refused = undefined;
    server = createServer();
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      if (headers.authorization !== `Bearer ${KEY}`) throw new Error('the key is missing');
      answer(stream, String(headers[':path']));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** A service that takes every deduction but one. */
  function answer(stream: ServerHttp2Stream, path: string): void {
    const frames = new FrameReader();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('data', (received: Buffer) => {
      for (const message of frames.push(received)) {
        const ids = [...fieldsOf(message)].map((field) => requestIdIn(field));
        seen.push(...ids);
        const results = ids.map((id) =>
          id === refused ? result(id, 3, bytesField(1, 'INSUFFICIENT_FUNDS')) : result(id, 1),
        );
        // A stream may answer in any order, a batch may not.
        if (path === METHODS.streamDeduct) results.reverse();
        stream.write(framed(Buffer.concat(results)));
      }
    });
    stream.on('end', () => stream.end());
  }

  function planOf(items: number, inFlight: number): LoopPlan {
    const { port } = server.address() as AddressInfo;
    const timing = { warmUpMs: 20, measureMs: 150, drainMsMax: 10_000 };
    const address = `http://127.0.0.1:${port}`;
    return { address, key: KEY, inFlight, items, accountId: 'hot', firstSequence: 1, timing };
  }

  test.each([
    { name: 'batches', run: runGrpcBatch, items: 20, inFlight: 2 },
    { name: 'streams', run: runGrpcStream, items: 1, inFlight: 40 },
  ])('in $name count exactly what was acknowledged', async ({ run, items, inFlight }) => {
    refused = requestIdOf(7);
    const counted = await run(planOf(items, inFlight));
    expect(seen.length).toBeGreaterThanOrEqual(items * inFlight);
    expect(new Set(seen).size).toBe(seen.length);
    expect(counted).toMatchObject({
      sequencesUsed: seen.length,
      errors: 1,
      failures: { INSUFFICIENT_FUNDS: 1 },
      acknowledged: { count: seen.length - 1, unknownCount: 0 },
    });
  });

  function requestIdIn(field: ReturnType<typeof fieldsOf> extends Generator<infer F> ? F : never): string {
    if (field.kind !== 'bytes') throw new Error('a deduction was expected');
    for (const inner of fieldsOf(field.bytes))
      if (inner.number === 2 && inner.kind === 'bytes') return inner.bytes.toString();
    throw new Error('a request id was expected');
  }
});

function result(requestId: string, status: number, problem?: Buffer): Buffer {
  return bytesField(
    1,
    Buffer.concat([
      ...[bytesField(1, 'hot'), bytesField(2, requestId), varintField(3, status)],
      ...(problem ? [bytesField(4, problem)] : []),
    ]),
  );
}
