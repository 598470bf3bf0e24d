import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, SITES } from '../setup/service-sites';

const CLIENTS = 64;

/** Accounts that may go below zero, over REST, through two instances where the store can have two. */
describe.each(SITES)('[$mark] a credit line', ({ mark, make }) => {
  let site: ServiceSite;
  let services: TestService[];
  let accounts = 0;

  beforeAll(async () => {
    site = await make(3);
    const first = await startTestService(site);
    services = mark === 'sqlite' ? [first] : [first, await startTestService(site)];
  });

  afterAll(async () => {
    for (const service of services) await service.stop();
    await site.drop();
  });

  const at = (turn: number): RestClient => (services[turn % services.length] as TestService).rest;
  const rest = (): RestClient => at(0);
  const account = async (body: Readonly<Record<string, unknown>>): Promise<string> => {
    const id = `line-${(accounts += 1)}`;
    expect((await rest().createAccount({ id, subAccounts: 6, ...body })).status).toBe(201);
    return id;
  };
  const limit = (id: string, creditLimit: unknown, headers = {}): Promise<Answer> =>
    rest().patch(`/v1/accounts/${id}`, { creditLimit }, headers);
  const balance = async (id: string): Promise<unknown> => {
    const { available, total, creditLimit, spendable } = (
      await at(1).get(`/v1/accounts/${id}/balance?consistency=snapshot`)
    ).body;
    return { available, total, creditLimit, spendable };
  };
  const audit = async (): Promise<unknown> => {
    const { result } = await rest().ended(await rest().post('/v1/admin/audits', {}));
    return (result as { findings: unknown }).findings;
  };

  it('is made with the account, shown in the balance, and paid from to the last unit by many at once', async () => {
    const id = await account({ initialBalance: '500', creditLimit: '1000' });
    expect((await rest().get(`/v1/accounts/${id}`)).body).toMatchObject({
      creditLimit: '1000',
      creditLimitStatus: 'granted',
    });
    const paid = { units: 0 };
    const client = async (n: number): Promise<void> => {
      for (let turn = 0; ; turn += 1) {
        const amount = 1 + ((n + turn) % 13);
        const { status } = await at(n).deduct(id, `d-${n}-${turn}`, amount);
        if (status === 201) paid.units += amount;
        else if (status === 422) return;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)));
    const left = 1500 - paid.units;
    if (left > 0) expect((await at(1).deduct(id, 'rest', left)).status).toBe(201);
    expect(await balance(id)).toEqual({
      available: '-1000',
      total: '-1000',
      creditLimit: '1000',
      spendable: '0',
    });
    const refused = await at(1).deduct(id, 'more', 1);
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { code: 'INSUFFICIENT_FUNDS', available: '0' },
    ]);
    expect(await audit()).toEqual([]);
  });

  it('is lowered below what is used: nothing gets out from the answer on, until credits have come', async () => {
    const id = await account({ creditLimit: '600' });
    let isLowered = false;
    const outBehind: string[] = [];
    const client = async (n: number): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const began = isLowered;
        const { status } = await at(n).deduct(id, `l-${n}-${turn}`, 1);
        if (began && status === 201) outBehind.push(`l-${n}-${turn}`);
      }
    };
    expect((await rest().deduct(id, 'most', 300)).status).toBe(201);
    const clients = Array.from({ length: 32 }, (_, n) => client(n));
    const lowered = await limit(id, '100');
    isLowered = true;
    expect([lowered.status, lowered.body['creditLimitStatus']]).toEqual([200, 'exceeded']);
    await Promise.all(clients);
    expect(outBehind).toEqual([]);
    const { total } = (await rest().get(`/v1/accounts/${id}/balance`)).body;
    const debt = -Number(total);
    await at(1).credit(id, 'back', debt - 100);
    expect((await at(1).deduct(id, 'at-the-limit', 1)).status).toBe(422);
    await at(1).credit(id, 'more', 5);
    expect((await at(0).deduct(id, 'too-much', 6)).body).toMatchObject({ available: '5' });
    expect((await at(0).deduct(id, 'five', 5)).status).toBe(201);
    expect((await rest().get(`/v1/accounts/${id}`)).body).toMatchObject({ creditLimitStatus: 'granted' });
    expect(await audit()).toEqual([]);
  });

  it('is changed by If-Match, taken away by null, and asked for again without a change of the ETag', async () => {
    const id = await account({});
    const { headers } = await rest().get(`/v1/accounts/${id}`);
    expect((await limit(id, '50', { 'if-match': '"999"' })).status).toBe(412);
    const changed = await limit(id, 50, { 'if-match': headers['etag'] });
    expect([changed.status, changed.body]).toMatchObject([
      200,
      { creditLimit: '50', creditLimitStatus: 'granted' },
    ]);
    expect((await limit(id, '50')).headers['etag']).toBe(changed.headers['etag']);
    const gone = await limit(id, null);
    expect(gone.body).not.toHaveProperty('creditLimit');
    expect((await rest().deduct(id, 'd', 1)).status).toBe(422);
    expect((await limit(id, '-1')).status).toBe(400);
  });

  it('pays chargebacks, holds and transfers, and keeps an account in debt open', async () => {
    const [id, payee] = [await account({ creditLimit: '100' }), await account({})];
    await rest().credit(id, 'topped', 30);
    expect((await rest().deduct(id, 'again', 30)).status).toBe(201);
    expect(
      (await rest().post(`/v1/accounts/${id}/credits/topped/reversals`, { requestId: 'cb' })).status,
    ).toBe(201);
    expect((await rest().hold(id, 'held', 20)).status).toBe(201);
    expect((await rest().transfer(id, payee, 'paid', 50)).status).toBe(201);
    expect(await balance(id)).toMatchObject({ total: '-80', available: '-100', spendable: '0' });
    expect((await rest().post(`/v1/accounts/${id}/close`, {})).body).toMatchObject({
      code: 'ACCOUNT_NOT_EMPTY',
    });
    await rest().post(`/v1/accounts/${id}/holds/held/cancel`, {});
    await rest().credit(id, 'all', 80);
    expect((await rest().post(`/v1/accounts/${id}/close`, {})).status).toBe(200);
    expect(await audit()).toEqual([]);
  });

  it('and the account’s own money are not more than an account may hold', async () => {
    const most = '1000000000000000000';
    const id = await account({ initialBalance: most });
    for (let n = 0; n < 7; n += 1) expect((await rest().credit(id, `c${n}`, most)).status).toBe(201);
    expect((await limit(id, most)).body).toMatchObject({ creditLimit: most });
    expect((await rest().deduct(id, 'much', most)).status).toBe(201);
    const full = await account({ initialBalance: most });
    for (let n = 0; n < 8; n += 1) await rest().credit(full, `c${n}`, most);
    expect((await limit(full, '1')).body).toMatchObject({ code: 'BALANCE_LIMIT_EXCEEDED' });
    expect(await audit()).toEqual([]);
  });
});
