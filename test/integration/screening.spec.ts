import { HotsplitClient } from '../../src/client';
import { eventually } from '../setup/eventually';
import { GrpcClient } from '../setup/grpc-client';
import { ADMIN_KEY, type Answer, type RestClient } from '../setup/rest-client';
import { ScreeningService } from '../setup/screening-service';
import { startTestService, type TestService } from '../setup/service';
import { SITES, type ServiceSite, sqliteSites } from '../setup/service-sites';

type Body = Answer['body'];

/** A service whose charges are screened, and what it says of them. */
class Screened {
  private constructor(
    readonly site: ServiceSite,
    readonly service: TestService,
  ) {}

  static async start(site: ServiceSite, settings: Readonly<Record<string, string>>): Promise<Screened> {
    // No call fails because a machine is busy.
    const isPatient = settings['HOTSPLIT_SCREENING_URL'] !== undefined;
    const patient = { ...(isPatient && { HOTSPLIT_SCREENING_MS_MAX: '30000' }), ...settings };
    return new Screened(site, await startTestService({ ...site, settings: patient }));
  }

  get rest(): RestClient {
    return this.service.rest;
  }

  find(id: string, requestId: string): Promise<Body> {
    return this.rest.get(`/v1/accounts/${id}/deductions/${requestId}`).then(({ body }) => body);
  }

  until(id: string, requestId: string, what: (body: Body) => boolean): Promise<Body> {
    return eventually(`what becomes of ${requestId}`, async () => {
      const body = await this.find(id, requestId);
      return what(body) ? body : undefined;
    });
  }

  ended(id: string, requestId: string): Promise<Body> {
    return this.until(id, requestId, ({ status }) => status !== 'received');
  }

  async submitAll(id: string, requestIds: readonly string[]): Promise<void> {
    const items = requestIds.map((requestId) => ({ accountId: id, amount: '1', requestId }));
    const sent = await this.rest.post('/v1/deductions:batch', { items }, { prefer: 'respond-async' });
    expect(sent.status).toBe(202);
  }

  async metric(pattern: RegExp): Promise<string | undefined> {
    return pattern.exec((await this.rest.get('/metrics')).text)?.[0];
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }
}

describe.each(SITES)('[$mark] a charge that nobody waits for', ({ make }) => {
  let site: ServiceSite;
  let screening: ScreeningService;
  let screened: Screened;
  let accounts = 0;

  beforeAll(async () => {
    site = await make(2);
    screening = await ScreeningService.start();
    screened = await Screened.start(site, { HOTSPLIT_SCREENING_URL: screening.url });
  });

  afterAll(async () => {
    await screened.stop();
    await screening.stop();
    await site.drop();
  });

  beforeEach(() => {
    screening.say = () => 'pass';
    screening.status = 200;
  });

  const funded = async (initialBalance: string): Promise<string> => {
    const id = `screened-${(accounts += 1)}`;
    await screened.rest.createAccount({ id, subAccounts: 4, initialBalance });
    return id;
  };

  it('is charged once the screening service lets it pass, and its verdict is kept', async () => {
    const id = await funded('100');
    const seen: unknown[] = [];
    screening.say = (item) => {
      seen.push(item);
      return { verdict: 'pass', reason: 'score 0.02' };
    };
    const sent = await screened.rest.post(
      `/v1/accounts/${id}/deductions`,
      { amount: '7', requestId: 'good', reference: 'banner', metadata: { ip: '10.0.0.1' } },
      { prefer: 'respond-async' },
    );
    expect(await screened.ended(id, 'good')).toMatchObject({
      status: 'succeeded',
      screening: { verdict: 'pass', by: 'service', reason: 'score 0.02' },
    });
    expect(seen).toEqual([
      {
        accountId: id,
        requestId: 'good',
        amount: '7',
        reference: 'banner',
        metadata: { ip: '10.0.0.1' },
        occurredAt: sent.body['receivedAt'],
      },
    ]);
  });

  it('is rejected with the words of the service, at every door, and asked about anew when it is sent again', async () => {
    const id = await funded('100');
    screening.say = (_, times) => (times === 1 ? { verdict: 'reject', reason: 'a robot' } : 'pass');
    await screened.rest.submit(id, 'bad', 1);
    expect(await screened.ended(id, 'bad')).toMatchObject({
      status: 'rejected',
      reason: 'SCREENED_OUT',
      screening: { verdict: 'reject', by: 'service', reason: 'a robot' },
    });
    const grpc = new GrpcClient(screened.service.grpcAddress);
    const client = new HotsplitClient({ endpoints: screened.rest.url, apiKey: ADMIN_KEY });
    try {
      expect(
        await grpc.call('hotsplit.v1.DeductionService/GetDeduction', { accountId: id, requestId: 'bad' }),
      ).toMatchObject({
        message: {
          received: {
            reason: 'SCREENED_OUT',
            screening: { verdict: 'SCREENING_VERDICT_REJECT', by: 'SCREENER_SERVICE', reason: 'a robot' },
          },
        },
      });
      expect(await client.deductionState(id, 'bad')).toMatchObject({
        reason: 'SCREENED_OUT',
        screening: { verdict: 'reject', by: 'service', reason: 'a robot' },
      });
    } finally {
      grpc.close();
      await client.close();
    }
    await screened.rest.submit(id, 'bad', 1);
    expect(await screened.ended(id, 'bad')).toMatchObject({ status: 'succeeded' });
    expect(await screened.rest.available(id)).toBe(99n);
  });

  it('waits as long as the service says so, and nothing behind it does', async () => {
    const id = await funded('1000');
    let mayPass = false;
    screening.say = ({ requestId }) => (mayPass || !requestId.startsWith('slow') ? 'pass' : 'wait');
    const slow = Array.from({ length: 200 }, (_, n) => `slow-${n}`);
    const quick = Array.from({ length: 200 }, (_, n) => `quick-${n}`);
    await screened.submitAll(id, slow);
    await screened.until(id, 'slow-0', (body) => body['screening'] !== undefined);
    await screened.submitAll(id, quick);
    for (const requestId of quick)
      expect(await screened.ended(id, requestId)).toMatchObject({ status: 'succeeded' });
    expect(await screened.find(id, 'slow-0')).toMatchObject({
      status: 'received',
      screening: { verdict: 'wait', by: 'service' },
    });
    mayPass = true;
    for (const requestId of slow)
      expect(await screened.ended(id, requestId)).toMatchObject({ status: 'succeeded' });
    expect(await screened.rest.available(id)).toBe(600n);
  });

  it('waits while the service fails, and is charged when that is over', async () => {
    const id = await funded('1000');
    // The service is known to be away when it fails for what it answered before.
    await screened.rest.submit(id, 'before', 1);
    await screened.ended(id, 'before');
    screening.status = 500;
    const keys = Array.from({ length: 60 }, (_, n) => `later-${n}`);
    await screened.submitAll(id, keys);
    await eventually('the circuit to open', () => screened.metric(/hotsplit_screening_up 0/));
    await screened.rest.submit(id, 'behind', 1);
    expect(await screened.find(id, 'behind')).toMatchObject({ status: 'received' });
    // Who waits for the outcome is not screened.
    expect((await screened.rest.deduct(id, 'at-once', 1)).status).toBe(201);
    screening.status = 200;
    for (const requestId of [...keys, 'behind'])
      expect(await screened.ended(id, requestId)).toMatchObject({ status: 'succeeded' });
    expect(await screened.metric(/hotsplit_screening_up 1/)).toBeDefined();
    expect(
      await screened.metric(/hotsplit_screening_failures_total\{failure="status"\} [1-9]/),
    ).toBeDefined();
    expect(await screened.rest.available(id)).toBe(937n);
  });

  it('suffers from no other charge that makes the service fail', async () => {
    const id = await funded('1000');
    screening.say = ({ requestId }) => (requestId === 'poison' ? 'explode' : 'pass');
    const keys = Array.from({ length: 50 }, (_, n) => `beside-${n}`);
    await screened.submitAll(id, ['poison', ...keys]);
    for (const requestId of keys)
      expect(await screened.ended(id, requestId)).toMatchObject({ status: 'succeeded' });
    expect(await screened.until(id, 'poison', (body) => body['screening'] !== undefined)).toMatchObject({
      status: 'received',
      screening: { verdict: 'wait', by: 'policy', reason: 'not screened: bad_verdict' },
    });
  });
});

describe('[sqlite] screening by its settings', () => {
  let site: ServiceSite;
  let screened: Screened | undefined;
  let screening: ScreeningService;

  beforeEach(async () => {
    site = await sqliteSites.make(2);
    screening = await ScreeningService.start();
  });

  afterEach(async () => {
    await screened?.stop();
    await screening.stop();
    await site.drop();
  });

  const start = async (settings: Readonly<Record<string, string>>): Promise<Screened> => {
    screened = await Screened.start(site, settings);
    await screened.rest.createAccount({ id: 'a', subAccounts: 2, initialBalance: '1000' });
    return screened;
  };

  it.each([
    ['reject', { status: 'rejected', reason: 'SCREENED_OUT' }],
    ['pass', { status: 'succeeded' }],
  ])('takes failures for %s, if that is the policy', async (policy, expected) => {
    screening.status = 503;
    const at = await start({
      HOTSPLIT_SCREENING_URL: screening.url,
      HOTSPLIT_SCREENING_ON_FAILURE: policy,
    });
    const keys = Array.from({ length: 30 }, (_, n) => `k${n}`);
    await at.submitAll('a', keys);
    for (const key of keys)
      expect(await at.ended('a', key)).toMatchObject({
        ...expected,
        screening: { verdict: policy, by: 'policy' },
      });
  });

  it('rejects what has waited for a verdict for too long, while the service cannot be asked, too', async () => {
    screening.status = 503;
    const at = await start({
      HOTSPLIT_SCREENING_URL: screening.url,
      HOTSPLIT_SCREENING_WAIT_SECONDS_MAX: '1',
    });
    await at.submitAll('a', ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8']);
    for (const key of ['k1', 'k8'])
      expect(await at.ended('a', key)).toMatchObject({
        status: 'rejected',
        reason: 'SCREENED_OUT',
        screening: { verdict: 'wait', by: 'policy' },
      });
    expect(await at.rest.available('a')).toBe(1_000n);
  });

  it('counts by the built-in rule without a service', async () => {
    const at = await start({
      HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE: '10',
      HOTSPLIT_VELOCITY_BY: 'metadata:ip',
    });
    const items = ['k1', 'k2', 'k3'].map((requestId) => ({
      accountId: 'a',
      amount: '11',
      requestId,
      ...(requestId !== 'k3' && { metadata: { ip: '10.0.0.1' } }),
    }));
    await at.rest.post('/v1/deductions:batch', { items }, { prefer: 'respond-async' });
    expect(await at.ended('a', 'k1')).toMatchObject({
      status: 'rejected',
      screening: { verdict: 'reject', by: 'velocity', reason: 'more than 10 in a minute' },
    });
    expect(await at.ended('a', 'k3')).toMatchObject({
      status: 'succeeded',
      screening: { verdict: 'pass', by: 'velocity' },
    });
  });
});
