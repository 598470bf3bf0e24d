import { DeductionReceivedError, HotsplitClient, OutcomeUnknownError } from '../../src/client';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { ADMIN_KEY, type BatchResult } from '../setup/rest-client';
import { ScreeningService } from '../setup/screening-service';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite } from '../setup/service-sites';

const DEDUCT = 'hotsplit.v1.DeductionService/Deduct';
const BATCH = 'hotsplit.v1.DeductionService/BatchDeduct';

describe.each(SITES)('[$mark] a deduction of an account with the strategy queued', ({ make }) => {
  let site: ServiceSite;
  let screening: ScreeningService;
  let service: TestService;
  let grpc: GrpcClient;
  let accounts = 0;

  const start = async (settings: Readonly<Record<string, string>>): Promise<void> => {
    service = await startTestService({ ...site, settings });
    grpc = new GrpcClient(service.grpcAddress);
  };
  const stop = async (): Promise<void> => {
    grpc.close();
    await service.stop();
  };
  const queued = async (initialBalance: string): Promise<string> => {
    const id = `queued-${(accounts += 1)}`;
    await service.rest.createAccount({ id, subAccounts: 4, initialBalance, strategy: 'queued' });
    return id;
  };
  const batch = async (items: readonly object[]): Promise<readonly BatchResult[]> =>
    (await service.rest.post('/v1/deductions:batch', { items })).body['results'] as readonly BatchResult[];

  beforeAll(async () => {
    site = await make(2);
    screening = await ScreeningService.start();
  });

  afterAll(async () => {
    await screening.stop();
    await site.drop();
  });

  describe('whose outcome is waited for', () => {
    beforeAll(() => start({}));
    afterAll(stop);

    it('is answered as with any other strategy', async () => {
      const id = await queued('100');
      const { rest } = service;
      const first = await rest.deduct(id, 'k', 30);
      expect(first).toMatchObject({ status: 201, body: { status: 'succeeded', amount: '30' } });
      expect(first.headers['preference-applied']).toBeUndefined();
      const again = await rest.deduct(id, 'k', 30);
      expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } });
      expect(again.text).toBe(first.text);
      expect(await rest.deduct(id, 'k', 31)).toMatchObject({ body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
      expect(await rest.deduct(id, 'much', 71)).toMatchObject({
        status: 422,
        body: { code: 'INSUFFICIENT_FUNDS', available: '70' },
      });
      await rest.credit(id, 'more', 1);
      expect((await rest.deduct(id, 'much', 71)).status).toBe(201);
      await rest.post(`/v1/accounts/${id}/freeze`, {});
      expect(await rest.deduct(id, 'frozen', 1)).toMatchObject({
        status: 409,
        body: { code: 'ACCOUNT_FROZEN' },
      });
      expect((await rest.deduct(id, 'k', 30)).status).toBe(200);
    });

    it('is so in batches, over gRPC and by the client, too', async () => {
      const id = await queued('100');
      const item = (requestId: string, amount: string) => ({ accountId: id, requestId, amount });
      expect(await batch([item('b1', '10'), item('b2', '1000'), item('b1', '10')])).toMatchObject([
        { status: 'succeeded' },
        { status: 'rejected', error: { code: 'INSUFFICIENT_FUNDS' } },
        { status: 'replayed' },
      ]);
      expect(await grpc.call(DEDUCT, item('g1', '10'))).toMatchObject({
        message: { entry: { requestId: 'g1' } },
      });
      expect(await grpc.call(BATCH, { items: [item('g2', '10'), item('g3', '1000')] })).toMatchObject({
        message: { results: [{ status: 'DEDUCT_STATUS_SUCCEEDED' }, { status: 'DEDUCT_STATUS_REJECTED' }] },
      });
      const client = new HotsplitClient({ endpoints: service.rest.url, apiKey: ADMIN_KEY });
      expect(await client.deduct({ accountId: id, amount: 10, requestId: 'c1' })).toMatchObject({
        amount: 10n,
      });
      await client.close();
      expect(await service.rest.available(id)).toBe(60n);
    });

    it('takes effect once, however many send it at once', async () => {
      const id = await queued('100');
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => service.rest.deduct(id, 'same', 10)),
      );
      expect(answers.filter(({ status }) => status === 201).length).toBe(1);
      expect(answers.filter(({ status }) => status === 200).length).toBe(49);
      expect(await service.rest.available(id)).toBe(90n);
    });

    it('goes on while its account changes to the strategy and from it', async () => {
      const id = await queued('1000');
      const over = new AbortController();
      const changes = (async () => {
        for (let turn = 0; !over.signal.aborted; turn += 1) {
          const strategy = turn % 2 === 0 ? 'merged' : 'queued';
          const changed = await service.rest.send('PUT', `/v1/admin/accounts/${id}/strategy`, {
            json: { strategy },
          });
          expect(changed.status).toBe(200);
        }
      })();
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, n) => service.rest.deduct(id, `k${n}`, 1)),
      );
      over.abort();
      await changes;
      expect(answers.every(({ status }) => status === 201)).toBe(true);
      expect(await service.rest.available(id)).toBe(700n);
    });
  });

  describe('whose outcome is not known in time', () => {
    beforeAll(() =>
      start({
        HOTSPLIT_QUEUED_MS_MAX: '0',
        HOTSPLIT_SCREENING_URL: screening.url,
        HOTSPLIT_SCREENING_MS_MAX: '30000',
      }),
    );
    afterAll(stop);

    it('is answered as received, at every door, and ends as all that is received', async () => {
      const id = await queued('100');
      screening.say = () => 'wait';
      const first = await service.rest.deduct(id, 'k', 10);
      expect(first).toMatchObject({
        status: 202,
        headers: { location: `/v1/accounts/${id}/deductions/k` },
        body: { requestId: 'k', status: 'received', amount: '10' },
      });
      expect(first.headers['preference-applied']).toBeUndefined();
      expect(await service.rest.deduct(id, 'k', 10)).toMatchObject({
        status: 202,
        headers: { 'idempotent-replayed': 'true' },
      });
      expect(await batch([{ accountId: id, requestId: 'b', amount: '10' }])).toMatchObject([
        { status: 'received' },
      ]);
      const item = { accountId: id, requestId: 'g', amount: '10' };
      const one = await grpc.call(DEDUCT, item);
      expect(one).toMatchObject({
        message: { received: { requestId: 'g', state: 'DEDUCTION_STATE_RECEIVED' } },
      });
      expect(await grpc.call(BATCH, { items: [item] })).toMatchObject({
        message: { results: [{ status: 'DEDUCT_STATUS_RECEIVED' }] },
      });
      const client = new HotsplitClient({ endpoints: service.rest.url, apiKey: ADMIN_KEY });
      const failed: unknown = await client
        .deduct({ accountId: id, amount: 10, requestId: 'c', timeoutMs: 300 })
        .catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(OutcomeUnknownError);
      expect((failed as OutcomeUnknownError).cause).toBeInstanceOf(DeductionReceivedError);

      screening.say = () => 'pass';
      await eventually('the charge of all', async () =>
        (await service.rest.available(id)) === 60n ? true : undefined,
      );
      expect((await service.rest.deduct(id, 'k', 10)).status).toBe(200);
      expect(await client.deduct({ accountId: id, amount: 10, requestId: 'c' })).toMatchObject({
        replayed: true,
      });
      await client.close();
    });
  });

  describe('that is screened out', () => {
    beforeAll(() => start({ HOTSPLIT_SCREENING_URL: screening.url, HOTSPLIT_SCREENING_MS_MAX: '30000' }));
    afterAll(stop);

    it('is refused by name, with the words of the screening service', async () => {
      const id = await queued('100');
      screening.say = () => ({ verdict: 'reject', reason: 'a robot' });
      expect(await service.rest.deduct(id, 'k', 1)).toMatchObject({
        status: 422,
        body: { code: 'SCREENED_OUT', detail: 'a robot' },
      });
      screening.say = () => 'pass';
      expect((await service.rest.deduct(id, 'k', 1)).status).toBe(201);
    });
  });
});
