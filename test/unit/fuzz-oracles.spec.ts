import { readDescription } from '../../tools/fuzz/description/read-description';
import { AnswerSchemas } from '../../tools/fuzz/description/answer-schemas';
import { Arrivals } from '../../tools/fuzz/description/arrival';
import type { Request } from '../../tools/fuzz/generate/request';
import { ExpectedBooks, type ExpectedEntry, type ReadBooks } from '../../tools/fuzz/oracles/expected-books';
import { type Finding, signatureOf } from '../../tools/fuzz/oracles/finding';
import { judgeAnswer } from '../../tools/fuzz/oracles/judge-answer';
import { judgeLog } from '../../tools/fuzz/oracles/judge-log';
import { Secrets } from '../../tools/fuzz/oracles/leaks';
import type { Answer } from '../../tools/fuzz/send/answer';

const DESCRIPTION = {
  security: [{ key: [] }],
  paths: {
    '/things/{thingId}': {
      get: {
        parameters: [{ name: 'thingId', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
          204: {},
          '4XX': { content: { 'application/problem+json': { schema: { type: 'object' } } } },
          '5XX': { content: { 'application/problem+json': { schema: { type: 'object' } } } },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string' }, note: { type: 'string' } },
      },
    },
  },
};

const operations = readDescription(DESCRIPTION);
const arrivals = new Arrivals(operations);
const ADMIN_KEY = 'the-key-of-the-admin';

const problem = (status: number, code: string, title: string, extras: object = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  text: JSON.stringify({ type: `urn:${code}`, title, status, code, detail: title, ...extras }),
});
const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  text: JSON.stringify(body),
});
const NOT_FOUND = problem(404, 'ENTRY_NOT_FOUND', 'There is no such entry');

function judged(answer: Answer, given: { said?: string; method?: string; target?: string } = {}): string[] {
  const [operation] = operations;
  if (!operation) throw new Error('the description has an operation');
  const { said = '', method = 'GET', target = '/things/a' } = given;
  const request: Request = { operation, method, target, headers: [], body: undefined };
  const secrets = new Secrets();
  secrets.add(ADMIN_KEY);
  const court = { schemas: new AnswerSchemas(), secrets, shown: ['sqlite:/data/shard-0'] };
  const findings = judgeAnswer({ request, arrival: arrivals.of(method, target), answer, said }, court);
  return findings.map(({ kind, detail }) => `${kind}: ${detail}`);
}

/** The oracles of the fuzzer, fed with answers that were tampered with: each kind of wrong is told by name. */
describe('an answer is found wrong', () => {
  it.each<[string, Answer, RegExp, { said?: string; method?: string; target?: string }?]>([
    ['a 500', problem(500, 'INTERNAL', 'A defect of the service'), /^server error: 500/],
    [
      'a 503 that nothing explains',
      problem(503, 'OVERLOADED', 'The service has too much to do'),
      /^server error: 503/,
    ],
    [
      'a refusal that is no problem',
      json(400, { message: 'bad' }),
      /^not a problem of the catalog: 400 with the content type "application\/json"/,
    ],
    ['a refusal without a body', { status: 400, headers: {}, text: '' }, /^not a problem of the catalog/],
    [
      'a code that is not in the catalog',
      problem(400, 'OOPS', 'Oops'),
      /^not a problem of the catalog: 400 with the code "OOPS"/,
    ],
    [
      'a code under another status',
      problem(400, 'ENTRY_NOT_FOUND', 'There is no such entry'),
      /^not a problem of the catalog: ENTRY_NOT_FOUND with the status 400/,
    ],
    ['a status that is not described', json(201, { id: 'a' }), /^not as described: the status 201/],
    [
      'a body that is not as described',
      json(200, { note: 'x' }),
      /^not as described: the body of 200 .*'id'/,
    ],
    [
      'a type that is not as described',
      json(200, { id: 7 }),
      /^not as described: the body of 200 .*\/id must be string/,
    ],
    ['a body where none is described', json(204, { id: 'a' }), /^not as described: a body with 204/],
    [
      'a content type that is not described',
      { ...json(200, { id: 'a' }), headers: { 'content-type': 'text/html' } },
      /^not as described: the content type "text\/html"/,
    ],
    [
      'a success where nothing is described',
      json(200, {}),
      /^not as described: 200 where nothing/,
      { target: '/others' },
    ],
    ['the admin key', json(200, { id: 'a', note: ADMIN_KEY }), /^leak: 200 shows a secret/],
    [
      'the admin key in a header',
      json(200, { id: 'a' }, { 'x-key': ADMIN_KEY }),
      /^leak: 200 shows a secret/,
    ],
    [
      'the admin key, although the client said it',
      json(200, { id: 'a', note: ADMIN_KEY }),
      /^leak: 200 shows a secret/,
      { said: ADMIN_KEY },
    ],
    [
      'a stack',
      problem(404, 'ENTRY_NOT_FOUND', 'There is no such entry', { x: 'Error\n    at find (x)' }),
      /^leak: 404 shows a stack/,
    ],
    ['a source file', json(200, { id: '/app/dist/src/main.js' }), /^leak: 200 shows a source file/],
    ['a folder', json(200, { id: 'see /home/me/notes' }), /^leak: 200 shows a folder/],
    ['what the driver says', json(200, { id: 'SQLITE_BUSY' }), /^leak: 200 shows an error of the driver/],
    ['a statement', json(200, { id: 'SELECT amount FROM entry' }), /^leak: 200 shows SQL/],
    [
      'what the language says',
      json(200, { id: 'TypeError: Cannot read properties of undefined' }),
      /^leak: 200 shows an error of the language/,
    ],
  ])('for %s', (_what, answer, finding, given = {}) => {
    expect(judged(answer, given)).toContainEqual(expect.stringMatching(finding));
  });

  it.each<[string, Answer, { said?: string; method?: string; target?: string }?]>([
    ['as described', json(200, { id: 'a' })],
    ['empty as described', { status: 204, headers: {}, text: '' }],
    ['a refusal from the catalog', NOT_FOUND],
    [
      'an echo of what the client said',
      json(200, { id: 'SELECT amount FROM entry' }),
      { said: 'SELECT amount FROM entry' },
    ],
    ['the address of a database, as admins may see it', json(200, { id: 'sqlite:/data/shard-0' })],
    [
      'a 503 about a database that the request named',
      {
        ...problem(503, 'SHARD_UNAVAILABLE', 'A database cannot be reached', {
          detail: 'The database cannot be reached (ECONNREFUSED).',
        }),
        headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
      },
      { said: 'mysql://x' },
    ],
    ['a refusal where nothing is described', NOT_FOUND, { target: '/others' }],
  ])('not for one that is %s', (_what, answer, given = {}) => {
    expect(judged(answer, given)).toEqual([]);
  });
});

describe('books are found to differ', () => {
  const entry: ExpectedEntry = { accountId: 'a', requestId: 'k', kind: 'credit', amount: '5' };
  const READ: ReadBooks = {
    entries: [entry],
    totals: new Map([['a', 5n]]),
    accounts: ['a'],
    keys: ['key_1'],
    shards: [],
    operations: ['o'],
  };
  const expected = (): ExpectedBooks => {
    const books = new ExpectedBooks();
    books.acknowledge(entry);
    books.add('accounts', 'a');
    books.add('keys', 'key_1');
    books.add('operations', 'o');
    return books;
  };
  const told = (findings: readonly Finding[]): string[] =>
    findings.map(({ where, detail }) => `${where}: ${detail}`);

  it('not when everything is as acknowledged', () => {
    expect(expected().compare(READ)).toEqual([]);
  });

  it.each<[string, Partial<ReadBooks>, RegExp]>([
    [
      'when a balance changed and no entry says why',
      { totals: new Map([['a', 4n]]) },
      /^totals: a holds 4, its entries come to 5/,
    ],
    [
      'when a refused request left an entry',
      { entries: [entry, { ...entry, requestId: 'l' }], totals: new Map([['a', 10n]]) },
      /^entries: there, and never acknowledged: credit l of 5 at a/,
    ],
    [
      'when an acknowledged entry is gone',
      { entries: [], totals: new Map() },
      /^entries: acknowledged and not there: credit k of 5 at a/,
    ],
    [
      'when an entry has another amount',
      { entries: [{ ...entry, amount: '6' }], totals: new Map([['a', 6n]]) },
      /^entries: acknowledged credit k of 5 at a, there is credit k of 6 at a/,
    ],
    [
      'when a key took effect twice',
      { entries: [entry, entry], totals: new Map([['a', 10n]]) },
      /^entries: 1 keys took effect twice/,
    ],
    [
      'when a refused account is there',
      { accounts: ['a', 'b'] },
      /^accounts: there, and never acknowledged: b/,
    ],
    [
      'when a refused API key is there',
      { keys: ['key_1', 'key_2'] },
      /^keys: there, and never acknowledged: key_2/,
    ],
    ['when an API key is gone', { keys: [] }, /^keys: acknowledged and not there: key_1/],
    ['when a refused shard is there', { shards: ['s9'] }, /^shards: there, and never acknowledged: s9/],
    [
      'when a refused operation was begun',
      { operations: ['o', 'p'] },
      /^operations: begun, and never acknowledged: p/,
    ],
  ])('%s', (_what, read, finding) => {
    expect(told(expected().compare({ ...READ, ...read }))).toContainEqual(expect.stringMatching(finding));
  });

  it('not by what was never answered: it may be there or not', () => {
    const books = expected();
    books.perhaps({ accountId: 'a', requestId: 'l', amount: '5' });
    const more = { ...READ, entries: [entry, { ...entry, requestId: 'l' }], totals: new Map([['a', 10n]]) };
    expect([books.compare(READ), books.compare(more)]).toEqual([[], []]);
  });

  it('when one key is acknowledged twice, and when a replay tells something else', () => {
    const books = expected();
    expect(books.acknowledge(entry)).toMatch(/took effect twice/);
    expect(books.replay({ ...entry, amount: '6' })).toMatch(/is replayed as credit of 6, was credit of 5/);
    expect(books.replay(entry)).toBeUndefined();
  });
});

describe('a log is found wrong', () => {
  const METRICS = 'hotsplit_defects_total 0\n';
  const secrets = new Secrets();
  secrets.add(ADMIN_KEY);
  const told = (log: string, metrics = METRICS): string[] =>
    judgeLog(log, metrics, secrets).map(({ detail }) => detail);

  it.each<[string, string, RegExp]>([
    ['a secret', `{"level":"info","message":"${ADMIN_KEY}"}`, /shows a secret/],
    ['an error', '{"level":"error","message":"a command failed by a defect"}', /^an error/],
    ['a line from elsewhere', 'Debug: query took 3 ms', /not the service's own/],
  ])('for %s', (_what, line, finding) => {
    expect(told(`${line}\n`)).toContainEqual(expect.stringMatching(finding));
  });

  it('for a defect that was counted', () => {
    expect(told('', 'hotsplit_defects_total 2\n')).toEqual(['2 defects']);
  });

  it('not for what the service says about itself', () => {
    expect(told('{"level":"info","message":"an audit found everything balanced"}\n')).toEqual([]);
  });
});

it('findings of one cause have one signature', () => {
  const finding: Finding = { kind: 'leak', where: 'GET /x', detail: 'the status 201 shows "a"' };
  expect(signatureOf(finding)).toBe(signatureOf({ ...finding, detail: 'the status 202 shows "b"' }));
  expect(signatureOf(finding)).not.toBe(signatureOf({ ...finding, where: 'GET /y' }));
});
