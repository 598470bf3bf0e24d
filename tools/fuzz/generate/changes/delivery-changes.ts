import fc from 'fast-check';
import { bytesOf, type Delivery } from '../request';
import { type Change, onDelivery, setHeader } from './change';

const broken = (what: string, change: (text: string) => string): Change =>
  onDelivery(what, ({ bytes, requests }) => ({
    bytes: Buffer.from(change(bytes.toString('latin1')), 'latin1'),
    requests,
    manner: 'broken',
  }));
const intoHead =
  (line: string): ((text: string) => string) =>
  (text) =>
    text.replace('\r\n', `\r\n${line}\r\n`);

/** HTTP that is none, several requests in one go, and clients that do not wait. */
export const deliveryChanges: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<[string, (text: string) => string]>(
        ['garbage', () => 'garbage\r\n\r\n'],
        ['a method unknown', (text) => text.replace(/^\S+/, 'STEAL')],
        ['lower-case method', (text) => text.replace(/^\S+/, (each) => each.toLowerCase())],
        ['HTTP/1.0', (text) => text.replace('HTTP/1.1', 'HTTP/1.0')],
        ['HTTP/2.0', (text) => text.replace('HTTP/1.1', 'HTTP/2.0')],
        ['HTTP/9', (text) => text.replace('HTTP/1.1', 'HTTP/9')],
        ['no host', (text) => text.replace(/host: [^\r]*\r\n/, '')],
        ['two hosts', intoHead('host: x')],
        ['a NUL in the path', (text) => text.replace(' /', ' /\0')],
        ['a blank in the path', (text) => text.replace(' /', ' / ')],
        ['a header without a name', intoHead(': x')],
        ['a header with a blank', intoHead('a b: c')],
        ['a folded header', intoHead('a: b\r\n c')],
        ['bare line feeds', (text) => text.replaceAll('\r\n', '\n')],
        ['a NUL in a header', intoHead('a: \0')],
        ['a CR in a header', intoHead('a: b\rc: d')],
        ['two lengths', intoHead('content-length: 2')],
        ['a negative length', intoHead('content-length: -1')],
        ['a huge length', intoHead('content-length: 99999999999999999999')],
        ['a length in hex', intoHead('content-length: 0x10')],
        ['length and chunks', intoHead('transfer-encoding: chunked')],
        ['an unknown transfer encoding', intoHead('transfer-encoding: x')],
        ['chunked twice', intoHead('transfer-encoding: chunked, chunked')],
        ['CONNECT', (text) => text.replace(/^\S+ \S+/, 'CONNECT x:1')],
        ['line ends before', (text) => `\r\n\r\n\r\n${text}`],
        ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
        ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
        ['nothing', () => ''],
        ['a long method', (text) => `${'A'.repeat(5_000)}${text}`],
        ['a long URL', (text) => text.replace(' /', ` /${'x'.repeat(20_000)}`)],
      )
      .map(([what, change]) => broken(what, change)),
  },
  {
    weight: 2,
    arbitrary: fc.nat(400).map((cut) =>
      onDelivery('half a request', ({ bytes, requests }) => ({
        bytes: bytes.subarray(0, Math.max(1, bytes.length - 1 - cut)),
        requests,
        manner: 'abandoned',
      })),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(
      onDelivery('a client that hangs up', (delivery) => ({ ...delivery, manner: 'abandoned' })),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 2, max: 5 }).map((times) =>
      onDelivery(`${times} times in one go`, (delivery) => {
        // What answers broken requests get, and how many, nobody can tell once there are several.
        if (delivery.manner === 'broken') return delivery;
        const { bytes, requests } = delivery;
        return {
          ...delivery,
          bytes: Buffer.concat(Array.from({ length: times }, () => bytes)),
          requests: Array.from({ length: times }, () => requests).flat(),
        };
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        'garbage\r\n\r\n',
        'GET / HTTP/1.1\r\n\r\n',
        'POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n',
      )
      .map((after) =>
        onDelivery('garbage behind it', ({ bytes, requests }) => ({
          bytes: Buffer.concat([bytes, Buffer.from(after)]),
          requests,
          manner: 'broken',
        })),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom('', ';a=b', ' '))
      .map(([size, extension]) => onDelivery('in chunks', (delivery) => chunked(delivery, size, extension))),
  },
);

function chunked(delivery: Delivery, size: number, extension: string): Delivery {
  const [request] = delivery.requests;
  if (
    !request?.body ||
    delivery.requests.length !== 1 ||
    delivery.manner !== 'whole' ||
    request.body.length > 4_000
  )
    return delivery;
  const chunks: Buffer[] = [];
  for (let at = 0; at < request.body.length; at += size) {
    const part = request.body.subarray(at, at + size);
    chunks.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n'));
  }
  const head = bytesOf({
    ...request,
    body: undefined,
    headers: [...setHeader('content-length', undefined)(request.headers), ['transfer-encoding', 'chunked']],
  });
  return {
    ...delivery,
    manner: extension === '' ? 'whole' : 'broken',
    bytes: Buffer.concat([head, ...chunks, Buffer.from('0\r\n\r\n')]),
  };
}
