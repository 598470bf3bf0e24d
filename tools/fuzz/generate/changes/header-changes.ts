import fc from 'fast-check';
import type { Header } from '../request';
import { type Change, onRequest, setHeader } from './change';

const withHeaders = (what: string, change: (headers: readonly Header[]) => readonly Header[]): Change =>
  onRequest(what, (request) => ({ ...request, headers: change(request.headers) }));
const header = (name: string, values: readonly (string | undefined)[]): fc.Arbitrary<Change> =>
  fc
    .constantFrom(...values)
    .map((value) => withHeaders(`${name}: ${(value ?? '(none)').slice(0, 60)}`, setHeader(name, value)));
const headerTwice = (name: string, value: string): fc.Arbitrary<Change> =>
  fc.constant(withHeaders(`${name} twice`, (headers) => [...headers, [name, value]]));

const AUTHORIZATIONS = [
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Bearer  x',
  'Basic YTpi',
  'bearer x',
  `Bearer ${'x'.repeat(513)}`,
  `Bearer ${'x'.repeat(8_000)}`,
  'Bearer \u00e4',
  'Bearer a b',
  'Bearer key_x.y',
];
const TYPES = [
  undefined,
  '',
  'text/plain',
  'application/JSON; charset=UTF-8',
  'application/json; charset=utf-16',
  'application/json;',
  'application/jsonp',
  'multipart/form-data; boundary=x',
  ';;',
  '*/*',
  'application/x-www-form-urlencoded',
  'application/json, text/plain',
  'x'.repeat(1_000),
  'application/json\u00e4',
];
const KEYS = [
  '',
  ' ',
  'a b',
  'a, a',
  '\u00e4',
  'x'.repeat(64),
  'x'.repeat(65),
  'fz1',
  'fz2',
  '__proto__',
  `' OR 1=1`,
];
const MATCHES = [
  '*',
  '""',
  '"0"',
  '"1"',
  '"2"',
  'W/"1"',
  '"1", "2"',
  '1',
  '"999999999999999"',
  '"9999999999999999"',
  '"-1"',
  '"1.5"',
  '',
];
const OTHERS: readonly Header[] = [
  ...([
    ['prefer', 'respond-async'],
    ['prefer', 'respond-async, wait=10'],
    ['prefer', ''],
    ['prefer', 'x'.repeat(500)],
  ] as const),
  ...([
    ['expect', '100-continue'],
    ['expect', 'x'],
    ['connection', 'close'],
    ['connection', 'upgrade'],
    ['upgrade', 'websocket'],
  ] as const),
  ...([
    ['accept', 'text/html'],
    ['accept', 'x'],
    ['accept-encoding', 'gzip'],
    ['range', 'bytes=0-1'],
    ['x-http-method-override', 'DELETE'],
  ] as const),
  ...([
    ['x-forwarded-for', '\u00ff'],
    ['x-forwarded-host', 'evil'],
    ['if-none-match', '*'],
    ['te', 'trailers'],
    ['accept-version', '1.0.0'],
  ] as const),
  ...([
    ['origin', 'null'],
    ['access-control-request-method', 'POST'],
    ['cookie', 'a=b'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
  ] as const),
  ...([
    ['forwarded', 'for=_x'],
    ['traceparent', 'x'],
    ['date', 'x'],
    ['if-modified-since', 'x'],
    ['content-range', 'bytes 0-1/2'],
  ] as const),
];

/** Headers missing, wrong, twice, unknown, many and long. */
export const headerChanges: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: header('authorization', AUTHORIZATIONS) },
  { weight: 3, arbitrary: header('content-type', TYPES) },
  { weight: 3, arbitrary: header('idempotency-key', KEYS) },
  { weight: 2, arbitrary: header('if-match', MATCHES) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...OTHERS)
      .map(([name, value]) =>
        withHeaders(`${name}: ${value.slice(0, 40)}`, (headers) => [...headers, [name, value]]),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      headerTwice('idempotency-key', 'fz3'),
      headerTwice('authorization', 'Bearer x'),
      headerTwice('content-type', 'text/plain'),
      headerTwice('if-match', '"1"'),
      headerTwice('host', 'other'),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(10, 500, 1_990, 2_100)
      .map((count) =>
        withHeaders(`${count} headers`, (headers) => [
          ...headers,
          ...Array.from({ length: count }, (_, n) => [`a${n % 10}`, ''] as const),
        ]),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(1_000, 8_000, 15_000, 17_000, 60_000)
      .map((size) =>
        withHeaders(`a header of ${size} bytes`, (headers) => [...headers, ['x-long', 'x'.repeat(size)]]),
      ),
  },
);
