import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { HOSTILE_BODIES } from '../../../../test/setup/hostile-values';
import { type Change, onRequest } from './change';

const KIB = 1_024;
const INVALID_UTF8 = [
  Buffer.from([0xff]),
  Buffer.from([0xc3, 0x28]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf8, 0x88, 0x80, 0x80, 0x80]),
  Buffer.from([0]),
];

const withBody = (what: string, change: (body: Buffer) => Buffer | undefined): Change =>
  onRequest(what, (request) => {
    const body = change(request.body ?? Buffer.from('{}'));
    const typed = request.headers.some(([name]) => name === 'content-type');
    return {
      ...request,
      body,
      headers: typed ? request.headers : [...request.headers, ['content-type', 'application/json']],
    };
  });

/** What is wrong with the bytes of a body. */
export const rawBodyChanges: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...Object.entries(HOSTILE_BODIES))
      .map(([label, text]) => withBody(`the body is ${label}`, () => Buffer.from(text))),
  },
  {
    weight: 2,
    arbitrary: fc
      .nat(60)
      .map((cut) =>
        withBody('the body is cut short', (body) => body.subarray(0, Math.max(0, body.length - 1 - cut))),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(100), fc.constantFrom(...INVALID_UTF8))
      .map(([at, bytes]) =>
        withBody('bytes that are no UTF-8', (body) =>
          Buffer.concat([
            body.subarray(0, at % (body.length + 1)),
            bytes,
            body.subarray(at % (body.length + 1)),
          ]),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      withBody('a byte order mark', (body) => Buffer.concat([Buffer.from('\ufeff'), body])),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(withBody('UTF-16', (body) => Buffer.from(body.toString(), 'utf16le'))),
  },
  { weight: 1, arbitrary: fc.constant(withBody('no body', () => undefined)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 70 * KIB, 300 * KIB)
      .map((size) =>
        withBody(`a body of ${size} bytes`, (body) =>
          Buffer.concat([body, Buffer.alloc(Math.max(0, size - body.length), ' ')]),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('gzip', 'br', 'identity', 'deflate, gzip', 'x').chain((encoding) =>
      fc.boolean().map((packed) =>
        onRequest(`content-encoding ${encoding}`, (request) => ({
          ...request,
          body: packed && request.body ? gzipSync(request.body) : request.body,
          headers: [...request.headers, ['content-encoding', encoding]],
        })),
      ),
    ),
  },
);

/** Seldom: each costs as much as hundreds of others. */
export const hugeBody = fc
  .constantFrom(4 * 1_024 * KIB - 10, 4 * 1_024 * KIB + 1, 5 * 1_024 * KIB)
  .chain((size) =>
    fc
      .constantFrom(' ', '[', 'x')
      .map((filling) =>
        withBody(`a body of ${size} bytes of ${JSON.stringify(filling)}`, (body) =>
          Buffer.concat([body, Buffer.alloc(Math.max(0, size - body.length), filling)]),
        ),
      ),
  );
