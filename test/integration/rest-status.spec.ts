import { containing, matching } from '../setup/matching';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const outcome = ({ status, body }: Answer): unknown[] => [status, body['code'] ?? body['status']];

/** Freezing, unfreezing and closing accounts. */
describe.each(SITES)('[$mark] the status of an account', ({ make }) => {
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

  const funded = async (initialBalance?: string): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    expect((await rest.createAccount({ id, subAccounts: 4, initialBalance })).status).toBe(201);
    return id;
  };
  const change = (id: string, verb: string): Promise<Answer> =>
    rest.send('POST', `/v1/accounts/${id}/${verb}`);

  it('is answered with the account and its new ETag', async () => {
    const id = await funded('100');
    const before = await rest.get(`/v1/accounts/${id}`);
    const frozen = await change(id, 'freeze');
    expect([frozen.status, frozen.body]).toEqual([200, { ...before.body, status: 'frozen' }]);
    const after = await rest.get(`/v1/accounts/${id}`);
    expect([after.body, after.headers['etag']]).toEqual([frozen.body, frozen.headers['etag']]);
    expect(frozen.headers['etag']).not.toBe(before.headers['etag']);
  });

  it.each([
    ['no body', {}],
    ['an empty object', { json: {} }],
    ['an empty body of JSON', { raw: '', headers: { 'content-type': 'application/json' } }],
    ['a length of 0 and no type', { headers: { 'content-length': '0' } }],
  ])('takes %s', async (_what, call) => {
    const id = await funded();
    for (const verb of ['freeze', 'unfreeze', 'close']) {
      expect((await rest.send('POST', `/v1/accounts/${id}/${verb}`, call)).status).toBe(200);
    }
  });

  it.each(['freeze', 'unfreeze', 'close'])(
    'cannot be changed (%s) where there is no account',
    async (verb) => {
      expect(outcome(await change('nobody', verb))).toEqual([404, 'ACCOUNT_NOT_FOUND']);
    },
  );

  describe('frozen', () => {
    it('refuses deductions, one by one and in batches, and takes credits', async () => {
      const id = await funded('100');
      await change(id, 'freeze');
      expect(outcome(await rest.deduct(id, 'd', 1))).toEqual([409, 'ACCOUNT_FROZEN']);
      // Too much of a frozen account is refused for being frozen too: it may be unfrozen and still too much.
      expect(outcome(await rest.deduct(id, 'e', 1_000))).toEqual([409, 'ACCOUNT_FROZEN']);
      const [item] = await rest.deductMany([{ accountId: id, amount: '1', requestId: 'b' }]);
      expect([item?.status, item?.error?.code]).toEqual(['rejected', 'ACCOUNT_FROZEN']);
      expect(outcome(await rest.credit(id, 'c', 7))).toEqual([201, 'succeeded']);
      expect(await rest.available(id)).toBe(107n);
      expect(outcome(await rest.get(`/v1/accounts/${id}/deductions/d`))).toEqual([404, 'ENTRY_NOT_FOUND']);
    });

    it('still replays what took effect before', async () => {
      const id = await funded('100');
      const first = await rest.deduct(id, 'd', 30);
      await change(id, 'freeze');
      const again = await rest.deduct(id, 'd', 30);
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect(outcome(await rest.deduct(id, 'd', 31))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    });

    it('holds for everything that comes after the answer, whichever way it comes', async () => {
      const id = await funded('1000');
      const before = Array.from({ length: 50 }, (_, n) => rest.deduct(id, `before-${n}`, 1));
      expect((await change(id, 'freeze')).status).toBe(200);
      const after = await Promise.all(Array.from({ length: 50 }, (_, n) => rest.deduct(id, `after-${n}`, 1)));
      expect(after.map(outcome)).toEqual(after.map(() => [409, 'ACCOUNT_FROZEN']));
      const taken = (await Promise.all(before)).filter(({ status }) => status === 201).length;
      expect(await rest.available(id)).toBe(1_000n - BigInt(taken));
    });

    it('may be frozen again, resized and unfrozen; what was refused then takes effect', async () => {
      const id = await funded('100');
      await change(id, 'freeze');
      expect(outcome(await change(id, 'freeze'))).toEqual([200, 'frozen']);
      expect((await rest.ended(await rest.resize(id, { count: 8 }))).status).toBe('done');
      expect(outcome(await rest.deduct(id, 'd', 100))).toEqual([409, 'ACCOUNT_FROZEN']);
      expect(outcome(await change(id, 'unfreeze'))).toEqual([200, 'active']);
      expect(outcome(await rest.deduct(id, 'd', 100))).toEqual([201, 'succeeded']);
    });
  });

  it('of an active account does not change by unfreezing', async () => {
    const id = await funded();
    expect(outcome(await change(id, 'unfreeze'))).toEqual([200, 'active']);
  });

  describe('closed', () => {
    it.each(['active', 'frozen'])(
      'is refused to one that holds anything, which goes on %s',
      async (status) => {
        const id = await funded('100');
        if (status === 'frozen') await change(id, 'freeze');
        const { etag } = (await rest.get(`/v1/accounts/${id}`)).headers;
        const refused = await change(id, 'close');
        expect(outcome(refused)).toEqual([409, 'ACCOUNT_NOT_EMPTY']);
        expect((await rest.get(`/v1/accounts/${id}`)).headers['etag']).toBe(etag);
        expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(outcome(await rest.get(`/v1/accounts/${id}`))).toEqual([200, status]);
        expect(outcome(await rest.credit(id, 'c', 1))).toEqual([201, 'succeeded']);
        const deduction = await rest.deduct(id, 'd', 101);
        expect(outcome(deduction)).toEqual(
          status === 'active' ? [201, 'succeeded'] : [409, 'ACCOUNT_FROZEN'],
        );
      },
    );

    it('refuses everything but reads, and replays what took effect before', async () => {
      const id = await funded('100');
      const first = await rest.deduct(id, 'd', 100);
      expect(outcome(await change(id, 'close'))).toEqual([200, 'closed']);

      const [item] = await rest.deductMany([{ accountId: id, amount: '1', requestId: 'b' }]);
      expect(item?.error?.code).toBe('ACCOUNT_CLOSED');
      for (const refused of [
        await rest.deduct(id, 'e', 1),
        await rest.credit(id, 'c', 1),
        await change(id, 'freeze'),
        await change(id, 'unfreeze'),
        await rest.resize(id, { count: 8 }),
        await rest.send('POST', `/v1/admin/accounts/${id}/rebalance`),
      ]) {
        expect(outcome(refused)).toEqual([409, 'ACCOUNT_CLOSED']);
      }

      expect(outcome(await change(id, 'close'))).toEqual([200, 'closed']);
      const again = await rest.deduct(id, 'd', 100);
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect((await rest.get(`/v1/accounts/${id}/deductions/d`)).body).toEqual(first.body);
      expect(await rest.available(id)).toBe(0n);
      expect(await rest.entries(id)).toHaveLength(2);
      expect((await rest.get(`/v1/admin/accounts/${id}/sub-accounts`)).status).toBe(200);
      const created = await rest.createAccount({ id, subAccounts: 4, initialBalance: '100' });
      expect(outcome(created)).toEqual([200, 'closed']);
    });

    it('is all or nothing against credits that come at the same moment', async () => {
      const id = await funded();
      const [closing, ...credits] = await Promise.all([
        change(id, 'close'),
        ...Array.from({ length: 20 }, (_, n) => rest.credit(id, `c-${n}`, 1)),
      ]);
      const taken = credits.filter(({ status }) => status === 201).length;
      expect(closing.body).toMatchObject(taken === 0 ? { status: 'closed' } : { code: 'ACCOUNT_NOT_EMPTY' });
      expect(await rest.available(id)).toBe(BigInt(taken));
    });
  });

  it('is counted by what it refused, and is no defect of the service', async () => {
    const { text } = await rest.get('/metrics');
    expect(text).toEqual(containing('\nhotsplit_defects_total 0\n'));
    expect(text).toEqual(matching(/outcome="accountFrozen"/));
  });
});
