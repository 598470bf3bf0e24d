import { EntryNotFoundError, HotsplitClient, InsufficientFundsError } from '../../src/client';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { aString } from '../setup/matching';
import { ADMIN_KEY, type Answer, type BatchResult, type RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const ASYNC = { prefer: 'respond-async' };

/** Deductions that are received now and charged later, at every door. */
describe.each(SITES)('[$mark] a deduction that is to be charged later', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;
  let grpc: GrpcClient;
  let client: HotsplitClient;
  let accounts = 0;

  beforeAll(async () => {
    site = await make(2);
    service = await startTestService(site);
    rest = service.rest;
    grpc = new GrpcClient(service.grpcAddress);
    client = new HotsplitClient({ endpoints: rest.url, apiKey: ADMIN_KEY });
  });

  afterAll(async () => {
    grpc.close();
    await client.close();
    await service.stop();
    await site.drop();
  });

  const funded = async (initialBalance: string): Promise<string> => {
    const id = `later-${(accounts += 1)}`;
    await rest.createAccount({ id, subAccounts: 2, initialBalance });
    return id;
  };
  const look = (id: string, requestId: string): Promise<Answer> =>
    rest.get(`/v1/accounts/${id}/deductions/${encodeURIComponent(requestId)}`);
  const ended = (id: string, requestId: string): Promise<Answer['body']> =>
    eventually(`the end of ${requestId}`, async () => {
      const { body } = await look(id, requestId);
      return body['status'] === 'received' ? undefined : body;
    });

  it('is received with 202 and its place, and looked up there until it has succeeded', async () => {
    const id = await funded('100');
    const asked = { amount: '30', requestId: 'a/b', reference: 'r', metadata: { k: 'v' } };
    const received = await rest.post(`/v1/accounts/${id}/deductions`, asked, ASYNC);
    expect(received).toMatchObject({
      status: 202,
      headers: {
        'preference-applied': 'respond-async',
        location: `/v1/accounts/${id}/deductions/a%2Fb`,
      },
      body: {
        requestId: 'a/b',
        accountId: id,
        kind: 'deduction',
        status: 'received',
        amount: '30',
        receivedAt: aString,
      },
    });
    expect(received.headers['idempotent-replayed']).toBeUndefined();
    expect(await ended(id, 'a/b')).toMatchObject({
      ...asked,
      status: 'succeeded',
      receivedAt: received.body['receivedAt'],
      endedAt: aString,
      createdAt: aString,
      subAccount: expect.any(Number) as number,
    });
    expect(await rest.available(id)).toBe(70n);

    const again = await rest.post(`/v1/accounts/${id}/deductions`, asked, ASYNC);
    expect(again).toMatchObject({
      status: 202,
      headers: { 'idempotent-replayed': 'true' },
      body: { status: 'succeeded' },
    });
    expect(await rest.post(`/v1/accounts/${id}/deductions`, asked)).toMatchObject({ status: 200 });
    const atOnce = await rest.deduct(id, 'at once', 1);
    expect((await look(id, 'at once')).text).toBe(atOnce.text);
    await rest.credit(id, 'back', 1);
    expect(await rest.submit(id, 'a/b', 31)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('is received by the key of the header, and whatever else is preferred', async () => {
    const id = await funded('100');
    const path = `/v1/accounts/${id}/deductions`;
    const headers = { prefer: 'wait=10, Respond-Async; x=1', 'idempotency-key': 'in-header' };
    expect(await rest.post(path, { amount: '1' }, headers)).toMatchObject({
      status: 202,
      body: { requestId: 'in-header' },
    });
    const other = await rest.post(
      path,
      { amount: '1', requestId: 'k' },
      { prefer: 'respond-asynchronously' },
    );
    expect(other.status).toBe(201);
    const refused = { prefer: 'respond-async=false' };
    const atOnce = await rest.post(path, { amount: '1', requestId: 'at-once' }, refused);
    expect([atOnce.status, atOnce.headers['preference-applied']]).toEqual([201, undefined]);
  });

  it('is rejected with its reason, and tried anew when it is sent again', async () => {
    const id = await funded('10');
    await rest.submit(id, 'much', 11);
    expect(await ended(id, 'much')).toMatchObject({
      status: 'rejected',
      reason: 'INSUFFICIENT_FUNDS',
      amount: '11',
      receivedAt: aString,
      endedAt: aString,
    });
    await rest.credit(id, 'c', 1);
    const { body: known } = await look(id, 'much');
    expect(known).toMatchObject({ status: 'rejected' });
    // What is refused to somebody who waits for the answer is not remembered, and not told of.
    expect((await rest.deduct(id, 'at-once', 100)).status).toBe(422);
    const rejections = `/v1/events?types=hotsplit.deduction.rejected&accountId=${id}`;
    const told = await eventually('the event', async () => {
      const { items } = (await rest.get(rejections)).body as { items: { type: string; data: unknown }[] };
      return items.length > 0 ? items : undefined;
    });
    expect(told).toMatchObject([{ type: 'hotsplit.deduction.rejected', subject: id, data: known }]);
    const again = await rest.submit(id, 'much', 11);
    expect(again).toMatchObject({ status: 202, body: { status: 'received' } });
    expect(again.headers['idempotent-replayed']).toBeUndefined();
    expect(await ended(id, 'much')).toMatchObject({ status: 'succeeded' });
  });

  it('is refused where it could not be one at once either', async () => {
    const id = await funded('10');
    expect(await rest.submit('nobody', 'k', 1)).toMatchObject({ body: { code: 'ACCOUNT_NOT_FOUND' } });
    expect(await rest.submit(id, 'k', 0)).toMatchObject({ body: { code: 'INVALID_ARGUMENT' } });
    const made = await rest.post('/v1/admin/keys', { name: 'reader', scopes: ['read'] });
    const reader = rest.as(String(made.body['key']));
    expect(await reader.submit(id, 'k', 1)).toMatchObject({ status: 403 });
    const limited = await rest.post('/v1/admin/keys', { name: 'l', scopes: ['deduct'], accounts: ['x'] });
    expect(await rest.as(String(limited.body['key'])).submit(id, 'k', 1)).toMatchObject({ status: 403 });
    const credit = await rest.post(`/v1/accounts/${id}/credits`, { amount: '1', requestId: 'k' }, ASYNC);
    expect(credit.status).toBe(201);
  });

  it('may be one of many: each is received on its own', async () => {
    const id = await funded('1000');
    await rest.deduct(id, 'before', 5);
    const items = [
      ...Array.from({ length: 300 }, (_, n) => ({ accountId: id, amount: '1', requestId: `m${n}` })),
      { accountId: id, amount: '5', requestId: 'before' },
      { accountId: id, amount: '6', requestId: 'before' },
      { accountId: 'nobody', amount: '1', requestId: 'n' },
      { accountId: id, amount: '0', requestId: 'zero' },
      { accountId: id, amount: '1', requestId: 'm0' },
    ];
    const answer = await rest.post('/v1/deductions:batch', { items }, ASYNC);
    expect(answer).toMatchObject({ status: 202, headers: { 'preference-applied': 'respond-async' } });
    const results = answer.body['results'] as readonly BatchResult[];
    expect(results.slice(0, 300).every(({ status }) => status === 'received')).toBe(true);
    expect(results.slice(300)).toMatchObject([
      { requestId: 'before', status: 'replayed' },
      { status: 'rejected', error: { code: 'IDEMPOTENCY_KEY_REUSED' } },
      { status: 'rejected', error: { code: 'ACCOUNT_NOT_FOUND' } },
      { status: 'rejected', error: { code: 'INVALID_ARGUMENT' } },
      { requestId: 'm0' },
    ]);
    await eventually('the charge of all', async () =>
      (await rest.available(id)) === 695n ? true : undefined,
    );
  });

  it('comes over gRPC, too', async () => {
    const id = await funded('10');
    const items = [
      { accountId: id, requestId: 'g1', amount: '4' },
      { accountId: id, requestId: 'g2', amount: '40' },
      { accountId: 'nobody', requestId: 'g3', amount: '1' },
    ];
    const sent = await grpc.call('hotsplit.v1.DeductionService/SubmitDeductions', { items });
    expect(sent).toMatchObject({
      message: {
        results: [
          { requestId: 'g1', status: 'DEDUCT_STATUS_RECEIVED' },
          { requestId: 'g2', status: 'DEDUCT_STATUS_RECEIVED' },
          { requestId: 'g3', status: 'DEDUCT_STATUS_REJECTED', error: { code: 'ACCOUNT_NOT_FOUND' } },
        ],
      },
    });
    await ended(id, 'g1');
    await ended(id, 'g2');
    const find = (requestId: string) =>
      grpc.call('hotsplit.v1.DeductionService/GetDeduction', { accountId: id, requestId });
    expect(await find('g1')).toMatchObject({
      message: { entry: { requestId: 'g1' }, received: { state: 'DEDUCTION_STATE_SUCCEEDED' } },
    });
    expect(await find('g2')).toMatchObject({
      message: { received: { state: 'DEDUCTION_STATE_REJECTED', reason: 'INSUFFICIENT_FUNDS' } },
    });
  });

  it('comes by the client, too', async () => {
    const id = await funded('10');
    const received = await client.submit({ accountId: id, amount: 4, requestId: 'c1' });
    expect(received).toMatchObject({ requestId: 'c1', status: 'received', amount: 4n, replayed: false });
    await client.submit({ accountId: id, amount: 40, requestId: 'c2' });
    await ended(id, 'c1');
    await ended(id, 'c2');
    expect(await client.deductionState(id, 'c1')).toMatchObject({
      status: 'succeeded',
      receivedAt: expect.any(Date) as Date,
    });
    expect(await client.deduction(id, 'c1')).toMatchObject({ kind: 'deduction', amount: 4n });
    expect(await client.deductionState(id, 'c2')).toMatchObject({
      status: 'rejected',
      reason: 'INSUFFICIENT_FUNDS',
    });
    await expect(client.deduction(id, 'c2')).rejects.toThrow(EntryNotFoundError);
    await expect(client.deduct({ accountId: id, amount: 40, requestId: 'c2' })).rejects.toThrow(
      InsufficientFundsError,
    );
    expect(await client.submit({ accountId: id, amount: 4, requestId: 'c1' })).toMatchObject({
      status: 'succeeded',
      replayed: true,
    });
  });

  it('is counted: what came in, what was worked off, what waits', async () => {
    const id = await funded('10');
    await rest.submit(id, 'seen', 1);
    await ended(id, 'seen');
    const { text } = await rest.get('/metrics');
    expect(text).toMatch(/hotsplit_intake_received_total\{shard="s[01]"\} [1-9]/);
    expect(text).toMatch(/hotsplit_intake_worked_off_total\{shard="s[01]",end="succeeded"\} [1-9]/);
    expect(text).toContain('hotsplit_commands_total{kind="receive",outcome="received"}');
  });
});
