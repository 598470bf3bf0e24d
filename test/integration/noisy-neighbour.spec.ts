import { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

const BATCHES = 16;
const ITEMS = 5_000;
const SINGLES = 20;

/** One key's large batches neither hold up another key's single deductions nor turn them away. */
describe('a key with many large batches in flight', () => {
  let site: ServiceSite;
  let service: TestService;
  let rest: RestClient;

  beforeAll(async () => {
    site = await sqliteSites.make(2);
    service = await startTestService({ ...site, settings: { HOTSPLIT_HTTP_BODIES_MIB_MAX: '256' } });
    rest = service.rest;
    for (const id of ['noisy', 'quiet'])
      await rest.post('/v1/accounts', { id, asset: 'USD/2', subAccounts: 4, initialBalance: '1000000' });
  });

  afterAll(async () => {
    await service.stop();
    await site.drop();
  });

  const clientOf = async (name: string): Promise<RestClient> => {
    const { body } = await rest.post('/v1/admin/keys', { name, scopes: ['deduct'] });
    return new RestClient(rest.url, body['key'] as string);
  };

  test('holds up nobody else’s single deductions, and has none of its items turned away', async () => {
    const noisy = await clientOf('noisy');
    const quiet = await clientOf('quiet');
    let batchesAnswered = 0;
    const batches = Array.from({ length: BATCHES }, async (_, batch) => {
      const items = Array.from({ length: ITEMS }, (__, n) => ({
        accountId: 'noisy',
        amount: '1',
        requestId: `b${batch}-${n}`,
      }));
      const { body } = await noisy.post('/v1/deductions:batch', { items });
      batchesAnswered += 1;
      return body['results'] as readonly { readonly status: string }[];
    });
    const answeredBefore: number[] = [];
    for (let n = 0; n < SINGLES; n += 1) {
      const { status } = await quiet.post('/v1/accounts/quiet/deductions', {
        amount: '1',
        requestId: `s${n}`,
      });
      expect(status).toBe(201);
      answeredBefore.push(batchesAnswered);
    }
    // Served in the order in which they came, the first would be answered after nearly all of the batches.
    expect(answeredBefore[0]).toBeLessThan(BATCHES / 2);
    expect(answeredBefore.at(-1)).toBeLessThan(BATCHES);
    const results = (await Promise.all(batches)).flat();
    expect(results).toHaveLength(BATCHES * ITEMS);
    expect(results.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  });
});
