import fc from 'fast-check';
import { type Change, onRequest } from './change';

const HOSTILE_PARTS = [
  ...[
    '%2F',
    '%2f..%2f',
    '%00',
    '%25',
    '%252F',
    '%2500',
    '..',
    '.',
    '%2e%2e',
    '%',
    '%zz',
    '%ff%fe',
    '%C3%A4',
    '%F0%9F%92%A5',
    '%0d%0a',
    '%0d%0aset-cookie:%20a=b',
  ],
  ...[
    'a%2Fb',
    ';',
    ';a=b',
    ':',
    ':batch',
    '*',
    '**',
    '{accountId}',
    '__proto__',
    'constructor',
    '%20',
    '+',
    '~',
    '@',
    '$',
    '!',
    "'",
    '(',
    '[]',
    '|',
    '%7f',
    '\u00e4',
    '\u00ff',
  ],
  ...[
    'x'.repeat(64),
    'x'.repeat(65),
    'x'.repeat(512),
    'x'.repeat(513),
    'x'.repeat(5_000),
    '%41'.repeat(64),
    '%41'.repeat(600),
  ],
];

const onPath = (what: string, change: (path: string) => string): Change =>
  onRequest(what, (request) => {
    const [path = '', ...query] = request.target.split('?');
    return { ...request, target: [change(path), ...query].join('?') };
  });
const onQuery = (what: string, change: (pairs: readonly string[]) => readonly string[]): Change =>
  onRequest(what, (request) => {
    const [path = '', query = ''] = request.target.split('?');
    return { ...request, target: `${path}?${change(query === '' ? [] : query.split('&')).join('&')}` };
  });

/** What is wrong with the path and the query. */
export const targetChanges: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.noBias(fc.nat(6)), fc.constantFrom(...HOSTILE_PARTS)).map(([at, part]) =>
      onPath(`a part of the path becomes ${part.slice(0, 40)}`, (path) => {
        const parts = path.split('/');
        parts[1 + (at % (parts.length - 1))] = part;
        return parts.join('/');
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<[string, (path: string) => string]>(
        ['a slash more', (path) => `${path}/`],
        ['two slashes', (path) => path.replace('/', '//')],
        ['a part more', (path) => `${path}/x`],
        ['upper case', (path) => path.toUpperCase()],
        ['dots', (path) => path.replace('/v1/', '/v1/./')],
        ['dots back', (path) => path.replace('/v1/', '/v1/x/../')],
        ['a backslash', (path) => path.replace(/\/(?=[^/]*$)/, '\\')],
        ['an absolute URL', (path) => `http://127.0.0.1${path}`],
        ['no slash', (path) => path.slice(1)],
        ['a fragment', (path) => `${path}#x`],
        ['escaped letters', (path) => path.replace('a', '%61')],
        ['escaped twice', (path) => encodeURI(path.replaceAll('/', '%2F'))],
        ['a matrix parameter', (path) => `${path};x=y`],
        ['the root', () => '/'],
        ['a star', () => '*'],
        ['the pages', () => '/docs'],
        ['a page', () => '/docs/static/%2e%2e/%2e%2e/package.json'],
        ['the description', () => '/openapi.json'],
      )
      .map(([what, change]) => onPath(what, change)),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'limit',
          'cursor',
          'kind',
          'from',
          'to',
          'consistency',
          'x',
          '__proto__',
          'limit[]',
          'constructor',
          'Limit',
          '',
        ),
        fc.constantFrom(
          '',
          '0',
          '1',
          '-1',
          '1001',
          '01',
          '1e2',
          'null',
          '%00',
          '%',
          '%ff',
          '1&',
          'deduction',
          'IjEi',
          'x'.repeat(257),
          'x'.repeat(9_000),
          '2026-02-30T00:00:00Z',
          '%F0%9F%92%A5',
        ),
      )
      .map(([name, value]) =>
        onQuery(`?${name}=${value.slice(0, 40)}`, (pairs) => [...pairs, `${name}=${value}`]),
      ),
  },
  { weight: 1, arbitrary: fc.constant(onQuery('the query twice', (pairs) => [...pairs, ...pairs])) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('&', '?', '&&&', 'a&b&c', '=', 'limit', '%', '#')
      .map((text) => onQuery(`?${text}`, (pairs) => [...pairs, text])),
  },
);

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'LOCK',
  'QUERY',
  'PURGE',
  'MKCOL',
  'M-SEARCH',
  'SOURCE',
];

export const methodChange = fc
  .constantFrom(...METHODS)
  .map((method) => onRequest(`method ${method}`, (request) => ({ ...request, method })));
