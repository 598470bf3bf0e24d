import { eventually } from '../setup/eventually';
import { aNumber, aString, matching } from '../setup/matching';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Accounts, deductions and credits as the contract promises them, on the real service. */
describe.each(SITES)('[$mark] the REST API', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let accounts = 0;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService(site);
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  /** An account of its own for a test. */
  const funded = async (initialBalance = '1000', subAccounts = 2): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    expect((await rest.createAccount({ id, subAccounts, initialBalance })).status).toBe(201);
    return id;
  };
  const problem = ({ status, body, headers }: Answer): unknown[] => {
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({
      status,
      title: aString,
      detail: aString,
      type: `urn:hotsplit:problem:${String(body['code'])}`,
    });
    return [status, body['code']];
  };

  describe('accounts', () => {
    it('creates one with 201, answers the same body again with 200, and another body with 409', async () => {
      const body = { id: 'twice', asset: 'USD/2', subAccounts: 4, initialBalance: '1000' };
      const first = await rest.post('/v1/accounts', body);
      const again = await rest.post('/v1/accounts', { ...body, initialBalance: 1000, strategy: 'merged' });
      const other = await rest.post('/v1/accounts', { ...body, subAccounts: 5 });

      expect(first.status).toBe(201);
      expect(first.body).toEqual({
        id: 'twice',
        asset: 'USD/2',
        status: 'active',
        strategy: 'merged',
        subAccounts: 4,
        epoch: 1,
        autoSplit: { enabled: false },
        createdAt: matching(TIME),
      });
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(problem(other)).toEqual([409, 'ACCOUNT_EXISTS']);
      expect(await rest.available('twice')).toBe(1_000n);
    });

    it.each([
      ['asset', { asset: 'EUR/2' }],
      ['number of sub-accounts', { subAccounts: 2 }],
      ['opening balance', { initialBalance: '2' }],
      ['low balance', { lowBalance: '1' }],
    ])('tells a different %s from the same body, and names it', async (_what, difference) => {
      const id = await funded('1', 1);
      const answer = await rest.createAccount({ id, subAccounts: 1, initialBalance: '1', ...difference });
      expect(problem(answer)).toEqual([409, 'ACCOUNT_EXISTS']);
      const [field] = Object.keys(difference);
      expect(answer.body['detail']).toBe(`The account exists; what was asked for differs in: ${field}.`);
    });

    it('gives the account with its ETag', async () => {
      const created = await rest.createAccount({ id: 'tagged', lowBalance: '5' });
      const found = await rest.get('/v1/accounts/tagged');
      expect([found.status, found.body]).toEqual([200, created.body]);
      expect(found.body).toMatchObject({ subAccounts: 1, lowBalance: '5' });
      expect(found.headers['etag']).toMatch(/^"[^"]+"$/);
      expect(found.headers['etag']).toBe(created.headers['etag']);
    });

    it('does not know an account of another case, or none', async () => {
      const id = await funded();
      expect(problem(await rest.get(`/v1/accounts/${id.toUpperCase()}`))).toEqual([404, 'ACCOUNT_NOT_FOUND']);
    });

    it.each(['', '/balance', '/entries', '/deductions/k'])(
      'answers 404 at /v1/accounts/nobody%s',
      async (path) => {
        expect(problem(await rest.get(`/v1/accounts/nobody${path}`))).toEqual([404, 'ACCOUNT_NOT_FOUND']);
      },
    );

    it.each(['deductions', 'credits'])('answers 404 to %s of an unknown account', async (what) => {
      const answer = await rest.post(`/v1/accounts/nobody/${what}`, { amount: '1', requestId: 'k' });
      expect(problem(answer)).toEqual([404, 'ACCOUNT_NOT_FOUND']);
    });

    it('lists them by id, page by page, each once', async () => {
      const ids = ['list-A', 'list-B', 'list-a', 'list-b', 'list-c'];
      for (const id of ids) await rest.createAccount({ id });
      const listed = (await rest.all<{ id: string }>('/v1/accounts', 2)).map(({ id }) => id);
      expect(listed).toEqual([...new Set(listed)]);
      expect(listed.filter((id) => id.startsWith('list-'))).toEqual(ids);
    });

    it('answers ids in every character that they may have', async () => {
      const id = `Aa0_.:-${'z'.repeat(57)}`;
      expect((await rest.createAccount({ id, initialBalance: '2' })).status).toBe(201);
      expect((await rest.deduct(id, 'k', '1')).body).toMatchObject({ accountId: id });
      expect(await rest.available(id)).toBe(1n);
    });
  });

  describe.each([
    { kind: 'deduction', path: 'deductions', after: 925n },
    { kind: 'credit', path: 'credits', after: 1_075n },
  ])('a $kind', ({ kind, path, after }) => {
    it('answers 201 with exactly the fields of the contract', async () => {
      const id = await funded();
      const answer = await rest.post(`/v1/accounts/${id}/${path}`, { amount: '75', requestId: 'k' });
      expect(answer.status).toBe(201);
      expect(answer.headers['idempotent-replayed']).toBeUndefined();
      expect(answer.body).toEqual({
        requestId: 'k',
        accountId: id,
        kind,
        status: 'succeeded',
        ...(kind === 'deduction' && { durability: 'committed' }),
        amount: '75',
        shard: matching(/^s[01]$/),
        subAccount: aNumber,
        createdAt: matching(TIME),
      });
      expect(await rest.available(id)).toBe(after);
    });

    it('carries reference and metadata back', async () => {
      const id = await funded();
      const sent = {
        amount: '1',
        requestId: 'k',
        reference: 'Straße 💶',
        metadata: { b: '2', a: 'ü', constructor: 'x' },
      };
      const answer = await rest.post(`/v1/accounts/${id}/${path}`, sent);
      expect(answer.body).toMatchObject({ reference: sent.reference, metadata: sent.metadata });
    });

    it('is replayed under its key with 200, the mark and the same body, and takes effect once', async () => {
      const id = await funded();
      const send = (): Promise<Answer> =>
        rest.post(`/v1/accounts/${id}/${path}`, {
          amount: '75',
          requestId: 'k',
          metadata: { a: '1', b: '2' },
        });
      const [first, again] = [await send(), await send()];
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.headers['idempotent-replayed']).toBe('true');
      expect(again.text).toBe(first.text);
      expect(await rest.available(id)).toBe(after);
    });

    it('is the same for an amount as string or number, and for metadata in another order', async () => {
      const id = await funded();
      const url = `/v1/accounts/${id}/${path}`;
      await rest.post(url, { amount: '75', requestId: 'k', metadata: { a: '1', b: '2' } });
      const again = await rest.post(url, { metadata: { b: '2', a: '1' }, requestId: 'k', amount: 75 });
      expect(again.status).toBe(200);
    });

    it.each([
      ['amount', { amount: '76' }],
      ['reference', { reference: 'other' }],
      ['metadata', { metadata: { a: '2' } }],
    ])('with the key of another %s is refused by name, and nothing is done', async (_what, difference) => {
      const id = await funded();
      const body = { amount: '75', requestId: 'k', reference: 'r', metadata: { a: '1' } };
      await rest.post(`/v1/accounts/${id}/${path}`, body);
      const answer = await rest.post(`/v1/accounts/${id}/${path}`, { ...body, ...difference });
      expect(problem(answer)).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
      expect(await rest.available(id)).toBe(after);
    });

    it.each([
      ['the header alone', undefined, 'k-1', 201],
      ['the body alone', 'k-1', undefined, 201],
      ['both, equal', 'k-1', 'k-1', 201],
      ['both, different', 'k-1', 'k-2', 400],
      ['both, of different case', 'k-1', 'K-1', 400],
      ['neither', undefined, undefined, 400],
      ['an empty header', undefined, '', 400],
      ['a header with a blank', undefined, 'k 1', 400],
      ['a header of 65 characters', undefined, 'k'.repeat(65), 400],
    ])('takes its key from %s', async (_what, requestId, header, status) => {
      const id = await funded();
      const answer = await rest.post(
        `/v1/accounts/${id}/${path}`,
        { amount: '75', ...(requestId === undefined ? {} : { requestId }) },
        { 'idempotency-key': header },
      );
      expect(answer.status).toBe(status);
      if (status === 201) expect(answer.body['requestId']).toBe('k-1');
      else {
        expect(problem(answer)).toEqual([400, 'INVALID_ARGUMENT']);
        expect(answer.body['errors']).toEqual([{ field: 'requestId', rule: aString }]);
      }
      expect(await rest.available(id)).toBe(status === 201 ? after : 1_000n);
    });
  });

  describe('one key, all kinds', () => {
    it('refuses a credit under the key of a deduction, and the other way round', async () => {
      const id = await funded();
      await rest.deduct(id, 'd', 10);
      await rest.credit(id, 'c', 10);
      expect(problem(await rest.credit(id, 'd', 10))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
      expect(problem(await rest.deduct(id, 'c', 10))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
      expect(await rest.available(id)).toBe(1_000n);
    });

    it('tells keys of different case, and keys of different accounts, apart', async () => {
      const [one, other] = [await funded(), await funded()];
      const answers = [
        await rest.deduct(one, 'k', 1),
        await rest.deduct(one, 'K', 1),
        await rest.deduct(other, 'k', 1),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    });
  });

  describe('an amount', () => {
    it.each([
      ['a string of digits', '"1000"', '1000'],
      ['a number with an exponent, by its value', '1e3', '1000'],
      ['a number with a zero fraction, by its value', '1.0', '1'],
      ['the largest safe integer', '9007199254740991', '9007199254740991'],
      ['the largest amount', '"1000000000000000000"', '1000000000000000000'],
    ])('may be %s', async (_what, literal, amount) => {
      const id = await funded('1', 1);
      const answer = await rest.send('POST', `/v1/accounts/${id}/credits`, {
        raw: `{"requestId":"k","amount":${literal}}`,
      });
      expect([answer.status, answer.body['amount']]).toEqual([201, amount]);
      expect(await rest.available(id)).toBe(1n + BigInt(amount));
    });

    it('may not lift an account above 9·10^18, and a replay is no lift', async () => {
      const id = await funded('1000000000000000000', 2);
      for (let turn = 2; turn <= 9; turn += 1) {
        expect((await rest.credit(id, `lift-${turn}`, '1000000000000000000')).status).toBe(201);
      }
      expect(problem(await rest.credit(id, 'one-more', '1'))).toEqual([422, 'BALANCE_LIMIT_EXCEEDED']);
      expect((await rest.credit(id, 'lift-9', '1000000000000000000')).status).toBe(200);
      expect(await rest.available(id)).toBe(9n * 10n ** 18n);
    });
  });

  describe('a deduction of more than there is', () => {
    it('is refused with what is available, changes nothing and leaves no trace', async () => {
      const id = await funded('100');
      const refused = await rest.deduct(id, 'k', 101);
      expect(problem(refused)).toEqual([422, 'INSUFFICIENT_FUNDS']);
      expect(refused.body['available']).toBe('100');
      expect(problem(await rest.get(`/v1/accounts/${id}/deductions/k`))).toEqual([404, 'ENTRY_NOT_FOUND']);
      expect(await rest.available(id)).toBe(100n);
    });

    it('may succeed later under the same key, also with another amount, because a refusal is not remembered', async () => {
      const id = await funded('100', 1);
      await rest.deduct(id, 'k', 150);
      await rest.credit(id, 'top-up', 60);
      expect((await rest.deduct(id, 'k', 150)).status).toBe(201);
      await rest.deduct(id, 'l', 150);
      expect((await rest.deduct(id, 'l', 10)).status).toBe(201);
      expect(await rest.available(id)).toBe(0n);
    });

    it('does not keep the retry of the deduction that took the last of the money from being a replay', async () => {
      const id = await funded('100', 1);
      const first = await rest.deduct(id, 'last', 100);
      const again = await rest.deduct(id, 'last', 100);
      expect([first.status, again.status, again.text]).toEqual([201, 200, first.text]);
      expect(problem(await rest.deduct(id, 'next', 1))).toEqual([422, 'INSUFFICIENT_FUNDS']);
    });

    it('draws on every sub-account of every shard before it is refused', async () => {
      const id = await funded('160', 16);
      const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => rest.deduct(id, `k-${n}`, 3)));
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused.map(({ body }) => body['code'])).toEqual(Array(7).fill('INSUFFICIENT_FUNDS'));
      expect((await rest.deduct(id, 'last', 1)).status).toBe(201);
      expect(await rest.available(id)).toBe(0n);
    });

    it('may be paid from all shards in one', async () => {
      const id = await funded('160', 16);
      expect((await rest.deduct(id, 'all', 160)).status).toBe(201);
      expect(await rest.available(id)).toBe(0n);
    });
  });

  describe('the lookup of a deduction', () => {
    it('answers what its creation answered', async () => {
      const id = await funded();
      const made = await rest.deduct(id, '!~:/?#%41', 7);
      const found = await rest.get(`/v1/accounts/${id}/deductions/${encodeURIComponent('!~:/?#%41')}`);
      expect([found.status, found.body]).toEqual([200, made.body]);
    });

    it('does not find credits, opening balances, or keys that were never used', async () => {
      const id = await funded();
      await rest.credit(id, 'c', 1);
      for (const key of ['c', 'never', 'C']) {
        expect(problem(await rest.get(`/v1/accounts/${id}/deductions/${key}`))).toEqual([
          404,
          'ENTRY_NOT_FOUND',
        ]);
      }
    });
  });

  describe('the balance', () => {
    it('answers exactly the fields of the contract, amounts as strings', async () => {
      const id = await funded('1000', 3);
      await rest.deduct(id, 'k', 1);
      for (const [query, consistency] of [
        ['', 'current'],
        ['?consistency=current', 'current'],
        ['?consistency=snapshot', 'snapshot'],
        ['?consistency=cached', 'cached'],
      ]) {
        const { status, body } = await rest.get(`/v1/accounts/${id}/balance${query}`);
        expect([status, body]).toEqual([
          200,
          {
            accountId: id,
            asset: 'USD/2',
            available: '999',
            held: '0',
            total: '999',
            inTransit: '0',
            consistency,
            asOf: matching(TIME),
          },
        ]);
      }
    });

    it('of the present includes everything that was acknowledged before it was asked for', async () => {
      const id = await funded('1000', 3);
      for (let taken = 1; taken <= 20; taken += 1) {
        await rest.deduct(id, `k-${taken}`, 1);
        for (const consistency of ['current', 'snapshot']) {
          const { body } = await rest.get(`/v1/accounts/${id}/balance?consistency=${consistency}`);
          expect([consistency, body['available']]).toEqual([consistency, String(1_000 - taken)]);
        }
      }
    });

    it('from the cache is the same for a second, under its own time, and then a new one', async () => {
      const id = await funded('1000', 3);
      const cached = () => rest.get(`/v1/accounts/${id}/balance?consistency=cached`);
      const answers = await Promise.all(Array.from({ length: 20 }, cached));
      await rest.deduct(id, 'k', 1);
      await eventually('a newer balance', async () => {
        const answer = await cached();
        answers.push(answer);
        return answer.body['available'] === '999' ? true : undefined;
      });
      const texts = new Set(answers.map(({ text }) => text));
      const times = [...new Set(answers.map(({ body }) => Date.parse(String(body['asOf']))))];
      expect(texts.size).toBe(times.length);
      times.slice(1).forEach((time, n) => {
        expect(time - (times[n] as number)).toBeGreaterThanOrEqual(1_000);
      });
    });

    it('of an account without an opening balance is zero', async () => {
      await rest.createAccount({ id: 'empty', subAccounts: 5 });
      expect((await rest.get('/v1/accounts/empty/balance')).body).toMatchObject({
        available: '0',
        total: '0',
      });
    });
  });
});
