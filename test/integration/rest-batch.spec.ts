import { aString } from '../setup/matching';
import type { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const MIB = 1_024 * 1_024;

/** `POST /v1/deductions:batch`: items succeed or fail one by one, in their order. */
describe.each(SITES)('[$mark] a batch of deductions', ({ make }) => {
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

  const funded = async (initialBalance: string, subAccounts = 1): Promise<string> => {
    const id = `account-${(accounts += 1)}`;
    await rest.createAccount({ id, subAccounts, initialBalance });
    return id;
  };

  it('answers each item in its place: made, replayed, refused and malformed side by side', async () => {
    const [accountId, poor, other] = [await funded('1000'), await funded('5'), await funded('5')];
    await rest.deduct(accountId, 'before', 10);
    const items = [
      { accountId, amount: '1', requestId: 'k-0', reference: 'r', metadata: { a: 'b' } },
      { accountId, amount: '10', requestId: 'before' },
      { accountId: poor, amount: '6', requestId: 'k-2' },
      { accountId: 'nobody', amount: '1', requestId: 'k-3' },
      { accountId, amount: 1.5, requestId: 'k-4' },
      { accountId, amount: '11', requestId: 'before' },
      { accountId, requestId: 'k-6' },
      { accountId, amount: '1' },
      { accountId, amount: '1', requestId: 'k 8' },
      { accountId, amount: '1', requestId: 'k-9', price: 1 },
      { accountId, amount: '1', requestId: 'k-0', reference: 'r', metadata: { a: 'b' } },
      { accountId, amount: '1', requestId: 'k-11', reference: '\ud800' },
      null,
      [],
      'item',
      7,
      { accountId: other, amount: 5, requestId: 'k-16' },
    ];
    const results = await rest.deductMany(items);

    const rejected = (requestId: string | null, code: string) => ({ requestId, status: 'rejected', code });
    expect(
      results.map(({ requestId, status, error }) => ({
        requestId,
        status,
        ...(error && { code: error.code }),
      })),
    ).toEqual([
      { requestId: 'k-0', status: 'succeeded' },
      { requestId: 'before', status: 'replayed' },
      rejected('k-2', 'INSUFFICIENT_FUNDS'),
      rejected('k-3', 'ACCOUNT_NOT_FOUND'),
      rejected('k-4', 'INVALID_ARGUMENT'),
      rejected('before', 'IDEMPOTENCY_KEY_REUSED'),
      rejected('k-6', 'INVALID_ARGUMENT'),
      rejected(null, 'INVALID_ARGUMENT'),
      rejected('k 8', 'INVALID_ARGUMENT'),
      rejected('k-9', 'INVALID_ARGUMENT'),
      { requestId: 'k-0', status: 'replayed' },
      rejected('k-11', 'INVALID_ARGUMENT'),
      rejected(null, 'INVALID_ARGUMENT'),
      rejected(null, 'INVALID_ARGUMENT'),
      rejected(null, 'INVALID_ARGUMENT'),
      rejected(null, 'INVALID_ARGUMENT'),
      { requestId: 'k-16', status: 'succeeded' },
    ]);
    expect(results[2]?.error).toMatchObject({ status: 422, available: '5', type: aString });
    expect(results[4]?.error).toMatchObject({
      status: 400,
      errors: [{ field: 'amount', rule: aString }],
    });
    const left = await Promise.all([accountId, poor, other].map((id) => rest.available(id)));
    expect(left).toEqual([989n, 5n, 0n]);
  });

  it('answers 200 to no items at all', async () => {
    const { status, body } = await rest.post('/v1/deductions:batch', { items: [] });
    expect([status, body]).toEqual([200, { results: [] }]);
  });

  it('takes 5,000 items, and replays them all', async () => {
    const accountId = await funded('5000', 8);
    const items = Array.from({ length: 5_000 }, (_, n) => ({ accountId, amount: '1', requestId: `k-${n}` }));
    const first = await rest.deductMany(items);
    const again = await rest.deductMany(items);

    expect(first.map(({ requestId }) => requestId)).toEqual(items.map(({ requestId }) => requestId));
    expect(first.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set(['replayed']));
    expect(await rest.available(accountId)).toBe(0n);
  });

  it('pays out no more than there is, whichever items are served', async () => {
    const accountId = await funded('100');
    const items = Array.from({ length: 300 }, (_, n) => ({ accountId, amount: '1', requestId: `k-${n}` }));
    const results = await rest.deductMany(items);
    expect(results.filter(({ status }) => status === 'succeeded')).toHaveLength(100);
    expect(new Set(results.slice(100).map(({ error }) => error?.code))).toEqual(
      new Set(['INSUFFICIENT_FUNDS']),
    );
    expect(await rest.available(accountId)).toBe(0n);
  });

  it.each([
    [
      '5,001 items',
      JSON.stringify({ items: Array.from({ length: 5_001 }, () => null) }),
      400,
      'INVALID_ARGUMENT',
    ],
    ['no items', '{}', 400, 'INVALID_ARGUMENT'],
    ['items that are no list', '{"items":{"0":{}}}', 400, 'INVALID_ARGUMENT'],
    ['null for items', '{"items":null}', 400, 'INVALID_ARGUMENT'],
    ['a bare list', '[]', 400, 'INVALID_ARGUMENT'],
    ['another field', '{"items":[],"mode":"all"}', 400, 'INVALID_ARGUMENT'],
    ['half a body', '{"items":[', 400, 'INVALID_ARGUMENT'],
    ['more than 4 MiB', `{"items":["${'x'.repeat(4 * MIB)}"]}`, 413, 'PAYLOAD_TOO_LARGE'],
  ])('with %s is refused as a whole', async (_what, raw, status, code) => {
    const answer = await rest.send('POST', '/v1/deductions:batch', { raw });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it('may have a body of just under 4 MiB', async () => {
    const accountId = await funded('10');
    const filler = JSON.stringify({ items: [{ accountId, amount: 1, requestId: 'k' }, 'x'] });
    const raw = filler.replace('"x"', `"${'x'.repeat(4 * MIB - filler.length)}"`);
    const { status, body } = await rest.send('POST', '/v1/deductions:batch', { raw });
    expect([status, body['results']]).toMatchObject([200, [{ status: 'succeeded' }, { status: 'rejected' }]]);
  });
});
