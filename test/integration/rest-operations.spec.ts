import { eventually } from '../setup/eventually';
import { aNumber, aString, matching } from '../setup/matching';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

interface SubAccount {
  readonly shard: string;
  readonly index: number;
  readonly available: string;
  readonly held: string;
  readonly status: string;
}

const shardName = matching(/^s[012]$/);
const outcome = ({ status, body }: Answer): unknown[] => [status, body['code'] ?? body['status']];

/** The distribution of an account, its change, and operations in general. */
describe.each(SITES)('[$mark] operations', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let accounts = 0;

  beforeAll(async () => {
    site = await make(3);
    service = await startTestService(site);
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const funded = async (subAccounts = 2, initialBalance = '1000'): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    expect((await rest.createAccount({ id, subAccounts, initialBalance })).status).toBe(201);
    return id;
  };
  const distribution = async (id: string): Promise<readonly SubAccount[]> =>
    (await rest.page<SubAccount>(`/v1/admin/accounts/${id}/sub-accounts`)).items;
  const inUse = async (id: string): Promise<readonly SubAccount[]> =>
    (await distribution(id)).filter(({ status }) => status === 'open');
  const sum = (rows: readonly SubAccount[]): bigint =>
    rows.reduce((total, { available }) => total + BigInt(available), 0n);

  describe('the distribution', () => {
    it('shows every sub-account by index, whose sum is what is available', async () => {
      const id = await funded(5, '1000');
      const { status, body } = await rest.get(`/v1/admin/accounts/${id}/sub-accounts`);
      const items = body['items'] as SubAccount[];
      expect([status, Object.keys(body)]).toEqual([200, ['items']]);
      expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
      for (const item of items) {
        expect(item).toEqual({
          shard: shardName,
          index: aNumber,
          available: aString,
          held: '0',
          status: 'open',
        });
      }
      expect(sum(items)).toBe(1_000n);
    });

    it('of no account is 404', async () => {
      const path = '/v1/admin/accounts/nobody/sub-accounts';
      expect(outcome(await rest.get(path))).toEqual([404, 'ACCOUNT_NOT_FOUND']);
    });
  });

  describe('the list of operations', () => {
    it('has the newest first, page by page, as each is when it is asked for by its id', async () => {
      const ids: unknown[] = [];
      for (const count of [2, 3, 4]) {
        const ended = await rest.ended(await rest.resize(await funded(), { count }));
        ids.unshift(ended.operationId);
      }
      const first = await rest.get('/v1/admin/operations?limit=2');
      expect(first.status).toBe(200);
      const next = await rest.get(
        `/v1/admin/operations?limit=1&cursor=${first.body['nextCursor'] as string}`,
      );
      const items = [first, next].flatMap(({ body }) => body['items'] as { operationId: string }[]);
      expect(items.map(({ operationId }) => operationId)).toEqual(ids);
      const each = await Promise.all(
        items.map((item) => rest.get(`/v1/admin/operations/${item.operationId}`)),
      );
      expect(each.map(({ body }) => body)).toEqual(items);
    });

    it('has those of one account, of one status, or of both, page by page', async () => {
      const [account, other] = [await funded(), await funded()];
      const ids: unknown[] = [];
      for (const count of [2, 3, 4]) {
        ids.unshift((await rest.ended(await rest.resize(account, { count }))).operationId);
        await rest.ended(await rest.resize(other, { count }));
      }
      const list = async (query: string): Promise<[unknown[], unknown]> => {
        const { body } = await rest.get(`/v1/admin/operations?${query}`);
        const items = body['items'] as { operationId: string }[];
        return [items.map(({ operationId }) => operationId), body['nextCursor']];
      };
      expect(await list(`accountId=${account}`)).toEqual([ids, undefined]);
      const [first, cursor] = await list(`accountId=${account}&status=done&limit=2`);
      const [next, end] = await list(`accountId=${account}&status=done&limit=2&cursor=${cursor as string}`);
      expect([...first, ...next, end]).toEqual([...ids, undefined]);
      expect(await list(`accountId=${account}&status=failed`)).toEqual([[], undefined]);
      expect((await list('status=done'))[0]).toEqual(expect.arrayContaining(ids));
      expect(await list('status=running')).toEqual([[], undefined]);
    });

    it.each(['made-up', 'WzEsMl0', 'WzEsIngiLDNd'])('takes no cursor such as %s', async (cursor) => {
      const refused = await rest.get(`/v1/admin/operations?cursor=${cursor}`);
      expect(outcome(refused)).toEqual([400, 'INVALID_ARGUMENT']);
    });
  });

  describe('a resize', () => {
    it('is answered with an operation that can be followed to its end', async () => {
      const id = await funded();
      const begun = await rest.resize(id, { count: 4 });
      expect(begun.status).toBe(202);
      const operationId = begun.body['operationId'] as string;
      expect(begun.headers['location']).toBe(`/v1/admin/operations/${operationId}`);
      expect(begun.body).toEqual({
        operationId: matching(/^[0-9a-f-]{36}$/),
        kind: 'resize',
        status: 'running',
        accountId: id,
        progress: { done: 0, total: aNumber },
        createdAt: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      const { progress, ...ended } = await rest.ended(begun);
      expect(ended).toEqual({
        operationId,
        kind: 'resize',
        status: 'done',
        accountId: id,
        result: { subAccounts: 4, shards: [shardName, shardName, shardName], epoch: 2 },
        createdAt: begun.body['createdAt'],
      });
      expect(progress.done).toBe(progress.total);
      expect((await rest.get(`/v1/accounts/${id}`)).body).toMatchObject({ subAccounts: 4 });
    });

    it('up and down keeps every unit and every request id', async () => {
      const id = await funded(2, '1000');
      const first = await rest.deduct(id, 'first', 10);
      for (const count of [16, 1024, 3, 1]) {
        const operation = await rest.ended(await rest.resize(id, { count }));
        expect(operation).toMatchObject({ status: 'done', result: { subAccounts: count } });
        expect((await rest.get(`/v1/accounts/${id}`)).body).toMatchObject({ subAccounts: count });
        expect((await rest.deduct(id, `under-${count}`, 10)).status).toBe(201);
        const replay = await rest.deduct(id, 'first', 10);
        expect([replay.status, replay.text]).toEqual([200, first.text]);
      }
      expect(await rest.available(id)).toBe(950n);
      expect((await rest.deduct(id, 'the rest', 950)).status).toBe(400);
      expect((await rest.deduct(id, 'the-rest', 950)).status).toBe(201);
      expect(await rest.entries(id)).toHaveLength(7);
    });

    it('leaves rows out of use behind, which are emptied', async () => {
      const id = await funded(8, '800');
      expect((await rest.ended(await rest.resize(id, { count: 2 }))).status).toBe('done');
      const unused = async (): Promise<readonly SubAccount[]> =>
        (await distribution(id)).filter(({ status }) => status !== 'open');
      await eventually('rows out of use are emptied', async () =>
        (await unused()).filter(({ status }) => status === 'closed').length === 6 ? true : undefined,
      );
      expect((await inUse(id)).map(({ index }) => index)).toEqual([0, 1]);
      expect(sum(await unused())).toBe(0n);
      expect(sum(await distribution(id))).toBe(800n);
    });

    it('onto other shards moves the account there, in use', async () => {
      const id = await funded(2, '1000');
      const load = Array.from({ length: 100 }, (_, n) => rest.deduct(id, `k-${n}`, 1));
      for (const shards of [['s2'], ['s0', 's1'], ['s1', 's2', 's0']]) {
        const operation = await rest.ended(await rest.resize(id, { count: 4, shards }));
        expect(operation).toMatchObject({ status: 'done', result: { subAccounts: 4 } });
        // Shards that stay keep their places.
        expect(new Set(operation.result?.['shards'] as string[])).toEqual(new Set(shards));
        // The operation is done at activation; its rows learn of it right behind.
        await eventually('the rows in use are those of the new placement', async () => {
          const used = new Set((await inUse(id)).map(({ shard }) => shard));
          return used.size === shards.length && shards.every((shard) => used.has(shard)) ? true : undefined;
        });
      }
      expect((await Promise.all(load)).map(({ status }) => status)).toEqual(load.map(() => 201));
      expect(await rest.available(id)).toBe(900n);
      const again = await Promise.all(load.map((_, n) => rest.deduct(id, `k-${n}`, 1)));
      expect(again.map(({ status }) => status)).toEqual(load.map(() => 200));
      expect(await rest.entries(id)).toHaveLength(101);
      expect((await rest.get(`/v1/accounts/${id}`)).body['epoch']).toBe(4);
    });

    it.each([
      ['an unknown account', 'nobody', { count: 2 }, 404, 'ACCOUNT_NOT_FOUND'],
      ['an unknown shard', undefined, { count: 2, shards: ['s0', 'nowhere'] }, 400, 'INVALID_ARGUMENT'],
      [
        'more shards than sub-accounts',
        undefined,
        { count: 1, shards: ['s0', 's1'] },
        400,
        'INVALID_ARGUMENT',
      ],
      ['a shard twice', undefined, { count: 2, shards: ['s0', 's0'] }, 400, 'INVALID_ARGUMENT'],
    ])('of %s is refused', async (_what, account, body, status, code) => {
      const id = account ?? (await funded());
      const refused = await rest.resize(id, body);
      expect(outcome(refused)).toEqual([status, code]);
      if (status === 400) expect(refused.body['errors']).toMatchObject([{ field: matching(/^shards/) }]);
    });

    it('beside another one of the account is refused, or comes after it', async () => {
      const id = await funded();
      const answers = await Promise.all([4, 5, 6, 7].map((count) => rest.resize(id, { count })));
      const begun = answers.filter(({ status }) => status === 202);
      expect(begun.length).toBeGreaterThan(0);
      for (const refused of answers.filter(({ status }) => status !== 202)) {
        expect(outcome(refused)).toEqual([409, 'OPERATION_IN_PROGRESS']);
        const { operationId } = refused.body;
        // Another one may have begun and ended since the refused one was decided on.
        if (operationId !== undefined)
          expect(begun.map(({ body }) => body['operationId'])).toContain(operationId);
      }
      for (const each of begun) await rest.ended(each);
      expect(sum(await inUse(id))).toBeLessThanOrEqual(1_000n);
      expect(await rest.available(id)).toBe(1_000n);
      expect((await rest.ended(await rest.resize(id, { count: 2 }))).status).toBe('done');
    });
  });

  describe('If-Match', () => {
    const etagOf = async (id: string): Promise<string> =>
      String((await rest.get(`/v1/accounts/${id}`)).headers['etag']);

    it('lets a resize through for the account as it is, and for any', async () => {
      const id = await funded();
      const matched = await rest.resize(id, { count: 3 }, { 'if-match': await etagOf(id) });
      expect((await rest.ended(matched)).status).toBe('done');
      expect((await rest.ended(await rest.resize(id, { count: 4 }, { 'if-match': '*' }))).status).toBe(
        'done',
      );
    });

    it('keeps a resize from an account that has changed', async () => {
      const id = await funded();
      const seen = await etagOf(id);
      await rest.ended(await rest.resize(id, { count: 3 }));
      expect(await etagOf(id)).not.toBe(seen);
      const refused = await rest.resize(id, { count: 9 }, { 'if-match': seen });
      expect(outcome(refused)).toEqual([412, 'PRECONDITION_FAILED']);
      expect((await rest.get(`/v1/accounts/${id}`)).body).toMatchObject({ subAccounts: 3 });
    });

    it('lets one of two through that have seen the same', async () => {
      const id = await funded();
      const seen = { 'if-match': await etagOf(id) };
      const answers = await Promise.all([3, 4].map((count) => rest.resize(id, { count }, seen)));
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 412]);
    });

    it.each([
      'W/"1"',
      '"a"',
      '"01"',
      '"0"',
      '"-1"',
      '"2", "3"',
      '""',
      '"1e0"',
      `"${'9'.repeat(99)}"`,
      '"W/\\"',
    ])('matches nothing as %j', async (etag) => {
      const id = await funded();
      const refused = await rest.resize(id, { count: 9 }, { 'if-match': etag });
      expect(outcome(refused)).toEqual([412, 'PRECONDITION_FAILED']);
    });

    it('lets a list through of which one matches', async () => {
      const id = await funded();
      const list = `"9", W/"7" ,${await etagOf(id)}`;
      expect((await rest.resize(id, { count: 3 }, { 'if-match': list })).status).toBe(202);
    });

    it.each(['', '3', 'W/', '"1', '**', '*, "1"', 'w/"1"', '"1" "2"', '"1",', '"a b"'])(
      'may not be %j',
      async (etag) => {
        const id = await funded();
        const refused = await rest.resize(id, { count: 9 }, { 'if-match': etag });
        expect(outcome(refused)).toEqual([400, 'INVALID_ARGUMENT']);
        expect(refused.body['errors']).toEqual([{ field: 'if-match', rule: aString }]);
      },
    );
  });

  describe('a rebalance', () => {
    it('levels an account, whatever it was like', async () => {
      const id = await funded(3, '30');
      for (let n = 0; n < 20; n += 1) await rest.credit(id, `c-${n}`, 100);
      const begun = await rest.send('POST', `/v1/admin/accounts/${id}/rebalance`);
      expect([begun.status, begun.body]).toEqual([202, expect.objectContaining({ kind: 'rebalance' })]);
      const operation = await rest.ended(begun);
      expect(operation).toMatchObject({
        status: 'done',
        accountId: id,
        result: { movedBetweenShards: matching(/^\d+$/) },
      });
      expect(await rest.available(id)).toBe(2_030n);
    });

    it('of no account is 404', async () => {
      const answer = await rest.send('POST', '/v1/admin/accounts/nobody/rebalance');
      expect(outcome(answer)).toEqual([404, 'ACCOUNT_NOT_FOUND']);
    });
  });

  it('that nobody began are not found', async () => {
    for (const id of ['none', '00000000-0000-4000-8000-000000000000']) {
      expect(outcome(await rest.get(`/v1/admin/operations/${id}`))).toEqual([404, 'OPERATION_NOT_FOUND']);
    }
  });

  describe('an audit', () => {
    it('proves all accounts, and says how many it looked at', async () => {
      const begun = await rest.send('POST', '/v1/admin/audits');
      expect([begun.status, begun.body['kind'], begun.body['accountId']]).toEqual([202, 'audit', undefined]);
      const operation = await rest.ended(begun);
      expect(operation).toMatchObject({
        status: 'done',
        result: { balanced: true, findings: [], accounts, subAccounts: aNumber, entries: aNumber },
      });
    });

    it('that is asked for a hundred times at once is one for all who ask while it has not begun', async () => {
      const begun = await Promise.all(
        Array.from({ length: 100 }, () => rest.send('POST', '/v1/admin/audits')),
      );
      expect(new Set(begun.map(({ status }) => status))).toEqual(new Set([202]));
      const operations = new Map(begun.map((answer) => [answer.body['operationId'], answer]));
      expect(operations.size).toBeLessThan(50);
      for (const answer of operations.values())
        expect(await rest.ended(answer)).toMatchObject({ status: 'done', result: { balanced: true } });
    });
  });

  it('are no defects of the service', async () => {
    expect((await rest.get('/metrics')).text).toContain('\nhotsplit_defects_total 0\n');
  });
});
