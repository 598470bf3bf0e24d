import { eventually } from '../setup/eventually';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

/** Limits on what is deducted from an account, over REST, on real databases, through two instances. */
describe.each(SITES)('[$mark] budgets', ({ mark, make }) => {
  let site: ServiceSite;
  let service: TestService;
  let other: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService(site);
    other = mark === 'mariadb' ? await startTestService(site) : service;
    rest = service.rest;
  });

  afterAll(async () => {
    if (other !== service) await other.stop();
    await service.stop();
    await site.drop();
  });

  const account = (id: string, initialBalance = '100000'): Promise<Answer> =>
    rest.createAccount({ id, subAccounts: 4, initialBalance });
  const budget = (accountId: string, budgetId: string, limit: string, more: object = {}): Promise<Answer> =>
    rest.post(`/v1/accounts/${accountId}/budgets`, { budgetId, limit, period: 'total', ...more });
  const deduct = (
    accountId: string,
    requestId: string,
    amount: string,
    budgets: readonly string[],
    by = rest,
  ): Promise<Answer> => by.post(`/v1/accounts/${accountId}/deductions`, { amount, requestId, budgets });
  const state = async (accountId: string, budgetId: string): Promise<readonly unknown[]> => {
    const { body } = await rest.get(`/v1/accounts/${accountId}/budgets/${budgetId}`);
    return [body['limit'], body['spent'], body['available']];
  };
  const change = (accountId: string, budgetId: string, limit: string): Promise<Answer> =>
    rest.send('PATCH', `/v1/accounts/${accountId}/budgets/${budgetId}`, { json: { limit } });

  it('charges account and budgets alike, up to the last unit and not beyond', async () => {
    await account('tree');
    expect(await budget('tree', 'org', '100')).toMatchObject({
      status: 201,
      body: {
        budgetId: 'org',
        accountId: 'tree',
        limit: '100',
        period: 'total',
        spent: '0',
        available: '100',
      },
    });
    await budget('tree', 'team', '60', { parent: 'org' });
    const first = await deduct('tree', 'k1', '40', ['team']);
    expect(first).toMatchObject({ status: 201, body: { amount: '40', budgets: ['team', 'org'] } });
    expect(await deduct('tree', 'k1', '40', ['team'], other.rest)).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect(await deduct('tree', 'k2', '21', ['team'], other.rest)).toMatchObject({
      status: 422,
      body: { code: 'BUDGET_EXHAUSTED', budgetId: 'team', available: '20' },
    });
    expect(await deduct('tree', 'k3', '60', ['org'], other.rest)).toMatchObject({ status: 201 });
    expect(await deduct('tree', 'k4', '1', ['team'])).toMatchObject({
      status: 422,
      body: { code: 'BUDGET_EXHAUSTED', budgetId: 'org', available: '0' },
    });
    expect(await state('tree', 'org')).toEqual(['100', '100', '0']);
    expect(await state('tree', 'team')).toEqual(['60', '40', '20']);
    expect((await rest.get('/v1/accounts/tree/balance')).body['available']).toBe('99900');
  });

  it('drains to exactly the limit, whoever asks', async () => {
    await account('drained');
    await budget('drained', 'cap', '1000');
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        deduct('drained', `d${n}`, String(1 + (n % 11)), ['cap'], n % 2 === 0 ? rest : other.rest),
      ),
    );
    const taken = answers
      .filter(({ status }) => status === 201)
      .reduce((sum, { body }) => sum + Number(body['amount']), 0);
    expect(answers.filter(({ status }) => ![201, 422].includes(status))).toEqual([]);
    const left = Number((await state('drained', 'cap'))[2]);
    expect(taken + left).toBe(1_000);
    expect(await deduct('drained', 'rest', String(left || 1), ['cap'])).toMatchObject({
      status: left > 0 ? 201 : 422,
    });
    expect(await state('drained', 'cap')).toEqual(['1000', '1000', '0']);
  });

  it('goes by a new limit at once, up and down, also below what is spent', async () => {
    await account('changed');
    await budget('changed', 'cap', '100');
    await deduct('changed', 'a', '80', ['cap'], other.rest);
    expect(await change('changed', 'cap', '90')).toMatchObject({ status: 200, body: { available: '10' } });
    expect(await deduct('changed', 'b', '11', ['cap'], other.rest)).toMatchObject({ status: 422 });
    expect(await change('changed', 'cap', '50')).toMatchObject({
      status: 200,
      body: { limit: '50', spent: '80', available: '0' },
    });
    expect(await deduct('changed', 'c', '1', ['cap'], other.rest)).toMatchObject({
      status: 422,
      body: { code: 'BUDGET_EXHAUSTED', available: '0' },
    });
    // What comes back makes up for what is spent beyond the limit first.
    await rest.post('/v1/accounts/changed/deductions/a/reversals', { amount: '20', requestId: 'r1' });
    expect(await deduct('changed', 'd', '1', ['cap'], other.rest)).toMatchObject({ status: 422 });
    await rest.post('/v1/accounts/changed/deductions/a/reversals', { amount: '15', requestId: 'r2' });
    expect(await state('changed', 'cap')).toEqual(['50', '45', '5']);
    expect(await deduct('changed', 'e', '6', ['cap'], other.rest)).toMatchObject({ status: 422 });
    expect(await deduct('changed', 'e', '5', ['cap'], other.rest)).toMatchObject({ status: 201 });
    await change('changed', 'cap', '70');
    expect(await deduct('changed', 'f', '20', ['cap'], other.rest)).toMatchObject({ status: 201 });
    expect(await state('changed', 'cap')).toEqual(['70', '70', '0']);
  });

  it('is deleted at once, and its id is not used again', async () => {
    await account('deleted');
    await budget('deleted', 'above', '1000');
    await budget('deleted', 'cap', '10', { parent: 'above' });
    await budget('deleted', 'below', '1000', { parent: 'cap' });
    expect(await deduct('deleted', 'a', '11', ['below'], other.rest)).toMatchObject({ status: 422 });
    const path = '/v1/accounts/deleted/budgets/cap';
    expect((await rest.send('DELETE', path)).status).toBe(204);
    expect((await rest.send('DELETE', path)).status).toBe(404);
    expect(await deduct('deleted', 'b', '1', ['cap'], other.rest)).toMatchObject({
      status: 404,
      body: { code: 'BUDGET_NOT_FOUND', budgetId: 'cap' },
    });
    expect(await deduct('deleted', 'a', '11', ['below'], other.rest)).toMatchObject({
      status: 201,
      body: { budgets: ['below', 'above'] },
    });
    expect(await budget('deleted', 'cap', '10')).toMatchObject({
      status: 409,
      body: { code: 'BUDGET_EXISTS' },
    });
    const { body } = await rest.get('/v1/accounts/deleted/budgets');
    expect((body['items'] as { budgetId: string }[]).map(({ budgetId }) => budgetId)).toEqual([
      'above',
      'below',
    ]);
  });

  it('is charged by a batch and stays right through a resize', async () => {
    await account('moved');
    await budget('moved', 'cap', '500');
    const items = (from: number) =>
      Array.from({ length: 60 }, (_, n) => ({
        ...{ accountId: 'moved', amount: '5', requestId: `i${from + n}` },
        budgets: ['cap'],
      }));
    const statuses = async (from: number) => {
      const { body } = await rest.post('/v1/deductions:batch', { items: items(from) });
      return (body['results'] as { status: string }[]).map(({ status }) => status);
    };
    expect(new Set(await statuses(0))).toEqual(new Set(['succeeded']));
    const resized = await rest.send('PUT', '/v1/admin/accounts/moved/sub-accounts', { json: { count: 7 } });
    await rest.ended(resized);
    expect(new Set(await statuses(0))).toEqual(new Set(['replayed']));
    const more = await statuses(60);
    expect(more.filter((status) => status === 'succeeded')).toHaveLength(40);
    expect(await state('moved', 'cap')).toEqual(['500', '500', '0']);
  });

  it('has holds set aside in it up to its limit, wherever its allowance lies, and what they do not take back', async () => {
    await account('holding');
    await budget('holding', 'org', '100');
    await budget('holding', 'cap', '100', { parent: 'org' });
    const standing = async () => (await rest.get('/v1/accounts/holding/budgets/org')).body;
    const items = Array.from({ length: 11 }, (_, n) => ({
      ...{ accountId: 'holding', requestId: `h${n}`, amount: '10' },
      budgets: ['cap'],
    }));
    const tried = await Promise.all([
      rest.post('/v1/holds:batch', { items: items.slice(0, 6) }),
      other.rest.post('/v1/holds:batch', { items: items.slice(6) }),
    ]);
    const results = tried.flatMap(({ body }) => body['results'] as { status: string; holdId: string }[]);
    const held = results.filter(({ status }) => status === 'succeeded').map(({ holdId }) => holdId);
    expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([
      { error: { code: 'BUDGET_EXHAUSTED', available: '0' } },
    ]);
    expect(held).toHaveLength(10);
    expect(await standing()).toMatchObject({ spent: '0', held: '100', available: '0' });
    expect(await deduct('holding', 'd1', '1', ['org'])).toMatchObject({ status: 422 });

    const [first = '', second = '', third = '', ...others] = held;
    const at = `/v1/accounts/holding/holds`;
    expect(await rest.get(`${at}/${first}`)).toMatchObject({ body: { budgets: ['cap', 'org'] } });
    await rest.send('PUT', '/v1/admin/accounts/holding/sub-accounts', { json: { count: 7 } });
    const confirmed = await other.rest.post('/v1/holds:confirm', {
      items: others.map((holdId) => ({ accountId: 'holding', holdId, amount: '4' })),
    });
    expect(confirmed.body['results']).toHaveLength(7);
    expect(await standing()).toMatchObject({ spent: '28', held: '30', available: '42' });
    // What the budget has lies on both shards by now, and what is above a hold wants all of it.
    const more = { amount: '52', requestId: 'c', final: false, allowMore: true };
    expect(await rest.post(`${at}/${first}/confirm`, more)).toMatchObject({ body: { status: 'held' } });
    expect(await other.rest.post(`${at}/${second}/raise`, { amount: '11' })).toMatchObject({
      status: 422,
      body: { code: 'BUDGET_EXHAUSTED', budgetId: 'cap', available: '0' },
    });
    await rest.post(`${at}/${first}/cancel`, {});
    await rest.post(`${at}/${second}/cancel`, {});
    expect(await standing()).toMatchObject({ spent: '80', held: '10', available: '10' });
    await rest.post(`${at}/${third}/raise`, { amount: '20' });
    const back = { requestId: 'r', amount: '50', captureId: 'c' };
    expect(await other.rest.post(`/v1/accounts/holding/deductions/${first}/reversals`, back)).toMatchObject({
      status: 201,
      body: { budgets: ['cap', 'org'] },
    });
    await rest.post(`${at}/${third}/confirm`, {});
    expect(await standing()).toMatchObject({ spent: '50', held: '0', available: '50' });
  });

  it('is charged by what was received, or has it rejected', async () => {
    await account('later');
    await budget('later', 'cap', '100');
    const submit = (requestId: string, amount: string, budgets: readonly string[], by = rest) =>
      by.send('POST', '/v1/accounts/later/deductions', {
        json: { amount, requestId, budgets },
        headers: { prefer: 'respond-async' },
      });
    const ended = (requestId: string): Promise<Answer['body']> =>
      eventually(`${requestId} ends`, async () => {
        const { body } = await rest.get(`/v1/accounts/later/deductions/${requestId}`);
        return body['status'] === 'received' ? undefined : body;
      });
    expect(await submit('a', '80', ['cap'])).toMatchObject({ status: 202, body: { budgets: ['cap'] } });
    expect(await ended('a')).toMatchObject({ status: 'succeeded', budgets: ['cap'] });
    await submit('b', '21', ['cap'], other.rest);
    expect(await ended('b')).toMatchObject({
      status: 'rejected',
      reason: 'BUDGET_EXHAUSTED',
      budgets: ['cap'],
    });
    await submit('c', '1', ['none']);
    expect(await ended('c')).toMatchObject({ status: 'rejected', reason: 'BUDGET_NOT_FOUND' });
    expect(await submit('a', '80', ['none'])).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const items = Array.from({ length: 30 }, (_, n) => ({
      ...{ accountId: 'later', requestId: `i${n}`, amount: '1' },
      budgets: ['cap'],
    }));
    await rest.send('POST', '/v1/deductions:batch', {
      json: { items },
      headers: { prefer: 'respond-async' },
    });
    const all = await Promise.all(items.map(({ requestId }) => ended(requestId)));
    expect(all.filter(({ status }) => status === 'succeeded')).toHaveLength(20);
    expect(await state('later', 'cap')).toEqual(['100', '100', '0']);
    // Another attempt, once there is room.
    await change('later', 'cap', '121');
    await submit('b', '21', ['cap']);
    expect(await ended('b')).toMatchObject({ status: 'succeeded' });
  });

  it('is an outcome like others of the strategy queued', async () => {
    const made = { id: 'queued', subAccounts: 4, initialBalance: '1000', strategy: 'queued' };
    await rest.createAccount(made);
    await budget('queued', 'cap', '100');
    expect(await deduct('queued', 'a', '50', ['cap'])).toMatchObject({ status: 201 });
    expect(await deduct('queued', 'b', '50', ['cap'], other.rest)).toMatchObject({ status: 201 });
    for (const by of [rest, other.rest])
      expect(await deduct('queued', 'c', '1', ['cap'], by)).toMatchObject({
        status: 422,
        body: { code: 'BUDGET_EXHAUSTED', budgetId: 'cap', available: '0' },
      });
    expect(await deduct('queued', 'd', '1', ['none'])).toMatchObject({
      status: 404,
      body: { code: 'BUDGET_NOT_FOUND', budgetId: 'none' },
    });
    expect(await deduct('queued', 'a', '50', ['cap'], other.rest)).toMatchObject({ status: 200 });
  });

  it('gets back what a hold has set aside whose time is over', async () => {
    await account('expiring');
    await budget('expiring', 'cap', '100');
    const hold = { requestId: 'h', amount: '100', budgets: ['cap'], expiresInSeconds: 1 };
    expect(await rest.post('/v1/accounts/expiring/holds', hold)).toMatchObject({ status: 201 });
    expect(await deduct('expiring', 'a', '1', ['cap'])).toMatchObject({ status: 422 });
    await eventually('the hold expires', async () => {
      const { body } = await rest.get('/v1/accounts/expiring/holds/h');
      return body['status'] === 'expired' ? true : undefined;
    });
    expect(await state('expiring', 'cap')).toEqual(['100', '0', '100']);
    expect(await deduct('expiring', 'a', '100', ['cap'], other.rest)).toMatchObject({ status: 201 });
  });

  it('is lowered below what holds have set aside, and what they give back makes up for it first', async () => {
    await account('lowered');
    await budget('lowered', 'cap', '100');
    const at = '/v1/accounts/lowered/holds';
    await rest.post(at, { requestId: 'h', amount: '80', budgets: ['cap'] });
    await rest.post(at, { requestId: 'i', amount: '10', budgets: ['cap'] });
    expect(await change('lowered', 'cap', '50')).toMatchObject({
      body: { limit: '50', spent: '0', held: '90', available: '0' },
    });
    expect(await other.rest.post(`${at}/i/raise`, { amount: '11' })).toMatchObject({
      status: 422,
      body: { code: 'BUDGET_EXHAUSTED', available: '0' },
    });
    expect(await other.rest.post(`${at}/h/confirm`, { amount: '20' })).toMatchObject({
      body: { status: 'confirmed' },
    });
    expect(await other.rest.post(`${at}/i/raise`, { amount: '30' })).toMatchObject({ status: 200 });
    expect(await other.rest.post(`${at}/i/raise`, { amount: '31' })).toMatchObject({ status: 422 });
    await rest.post(`${at}/i/confirm`, {});
    expect(await state('lowered', 'cap')).toEqual(['50', '50', '0']);
  });

  it('is nothing that an account can be addressed by', async () => {
    await account('hidden');
    await budget('hidden', 'cap', '10');
    await deduct('hidden', 'a', '1', ['cap']);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await rest.get(`/v1/accounts?limit=1000${cursor ? `&cursor=${cursor}` : ''}`);
      ids.push(...(body['items'] as { id: string }[]).map(({ id }) => id));
      cursor = body['nextCursor'] as string | undefined;
    } while (cursor !== undefined);
    expect(ids.filter((id) => id.includes(' '))).toEqual([]);
    const { status } = await rest.get(`/v1/accounts/${encodeURIComponent(`allowance ${'0'.repeat(32)}`)}`);
    expect(status).toBe(400);
  });

  it('has an answer to everything that cannot be', async () => {
    await account('refused', '5');
    await budget('refused', 'l1', '10', { period: 'day', timeZone: 'Europe/Berlin' });
    for (const level of [2, 3, 4]) await budget('refused', `l${level}`, '10', { parent: `l${level - 1}` });
    const codes = async (answer: Promise<Answer>) => {
      const { status, body } = await answer;
      const [fault] = (body['errors'] ?? []) as { field: string }[];
      return [status, body['code'], fault?.field];
    };
    expect(await codes(budget('refused', 'l5', '10', { parent: 'l4' }))).toEqual([
      400,
      'INVALID_ARGUMENT',
      'parent',
    ]);
    expect(await codes(budget('refused', 'x', '10', { parent: 'none' }))).toEqual([
      404,
      'BUDGET_NOT_FOUND',
      undefined,
    ]);
    expect(await codes(budget('refused', 'x', '10', { timeZone: 'Europe/Nowhere' }))).toEqual([
      400,
      'INVALID_ARGUMENT',
      'timeZone',
    ]);
    expect(await codes(budget('refused', 'x', '-1'))).toEqual([400, 'INVALID_ARGUMENT', 'limit']);
    expect(await codes(budget('refused', 'l4', '11', { parent: 'l3' }))).toEqual([
      409,
      'BUDGET_EXISTS',
      undefined,
    ]);
    expect(await codes(budget('refused', 'l4', '10', { parent: 'l3' }))).toEqual([200, undefined, undefined]);
    expect(await codes(budget('nobody', 'x', '10'))).toEqual([404, 'ACCOUNT_NOT_FOUND', undefined]);
    expect(await codes(deduct('refused', 'a', '1', ['none']))).toEqual([404, 'BUDGET_NOT_FOUND', undefined]);
    expect(await codes(deduct('refused', 'a', '1', []))).toEqual([400, 'INVALID_ARGUMENT', 'budgets']);
    expect(await codes(deduct('refused', 'a', '6', ['l4']))).toEqual([422, 'INSUFFICIENT_FUNDS', undefined]);
    expect(await codes(deduct('refused', 'a', '5', ['l4']))).toEqual([201, undefined, undefined]);
    expect(await codes(deduct('refused', 'a', '5', ['l3']))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
      undefined,
    ]);
    const { body } = await rest.get('/v1/accounts/refused/budgets/l1');
    expect(body).toMatchObject({ spent: '5', timeZone: 'Europe/Berlin' });
    expect(
      Date.parse(body['renewsAt'] as string) - Date.parse(body['periodStart'] as string),
    ).toBeGreaterThan(0);
  });

  it('is proved by the audit', async () => {
    const asked = await rest.post('/v1/admin/audits', {});
    expect(await rest.ended(asked)).toMatchObject({
      status: 'done',
      result: { balanced: true, findings: [] },
    });
  });
});
