import { eventually } from '../setup/eventually';
import { STRATEGIES } from '../../src/ledger/strategy';
import type { Answer, RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

/** How deductions are carried out: chosen when the account is made, changed while it is in use. */
describe.each(SITES)('[$mark] the strategy of an account', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService(site);
    rest = service.rest;
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const change = (id: string, strategy: unknown, ifMatch?: string): Promise<Answer> =>
    rest.send('PUT', `/v1/admin/accounts/${id}/strategy`, {
      json: { strategy },
      ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
    });

  it.each(STRATEGIES)('may be %s from the start, and deducts', async (strategy) => {
    const id = `made-${strategy}`;
    const created = await rest.createAccount({ id, strategy, initialBalance: '100' });
    expect([created.status, created.body['strategy']]).toEqual([201, strategy]);
    const deduct = () => rest.post(`/v1/accounts/${id}/deductions`, { amount: '30', requestId: 'k' });
    const first = await deduct();
    expect(first).toMatchObject({ status: 201, body: { durability: 'committed', amount: '30' } });
    const again = await deduct();
    expect([again.status, again.body]).toEqual([200, first.body]);
    const more = await rest.post(`/v1/accounts/${id}/deductions`, { amount: '71', requestId: 'more' });
    expect([more.status, more.body['code'], more.body['available']]).toEqual([
      422,
      'INSUFFICIENT_FUNDS',
      '70',
    ]);
  });

  it('tells in a batch, too, what was answered from a lease', async () => {
    const id = 'batched';
    await rest.createAccount({ id, strategy: 'leased', initialBalance: '100000' });
    let batches = 0;
    const results = await eventually('an answer from a lease', async () => {
      batches += 1;
      const items = [1, 2].map((n) => ({ accountId: id, amount: '1', requestId: `b-${batches}-${n}` }));
      const { results: told } = (await rest.post('/v1/deductions:batch', { items })).body as {
        results: { durability?: string }[];
      };
      return told.every(({ durability }) => durability !== undefined) ? told : undefined;
    });
    expect(results).toEqual(
      [1, 2].map((n) => ({ requestId: `b-${batches}-${n}`, status: 'succeeded', durability: 'deferred' })),
    );
  });

  it('is changed with a new ETag, and not by asking for the one it has', async () => {
    const created = await rest.createAccount({ id: 'changed' });
    const changed = await change('changed', 'atomic');
    expect([changed.status, changed.body]).toEqual([200, { ...created.body, strategy: 'atomic' }]);
    expect(changed.headers['etag']).not.toBe(created.headers['etag']);
    const again = await change('changed', 'atomic');
    expect([again.status, again.headers['etag']]).toEqual([200, changed.headers['etag']]);
    // Its creator may still ask for it as it was made.
    expect((await rest.createAccount({ id: 'changed' })).status).toBe(200);
  });

  it('is changed only if the account is as it was, when the caller says so', async () => {
    const created = await rest.createAccount({ id: 'guarded' });
    const etag = created.headers['etag'];
    expect((await change('guarded', 'atomic', etag)).status).toBe(200);
    const late = await change('guarded', 'cas', etag);
    expect([late.status, late.body['code']]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await change('guarded', 'cas', '*')).status).toBe(200);
  });

  it('is not changed where there is no account, nor of a closed one', async () => {
    const nobody = await change('nobody', 'atomic');
    expect([nobody.status, nobody.body['code']]).toEqual([404, 'ACCOUNT_NOT_FOUND']);
    await rest.createAccount({ id: 'shut' });
    await rest.send('POST', '/v1/accounts/shut/close');
    const closed = await change('shut', 'atomic');
    expect([closed.status, closed.body['code']]).toEqual([409, 'ACCOUNT_CLOSED']);
  });
});
