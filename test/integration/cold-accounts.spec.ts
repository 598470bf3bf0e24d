import { coldAccountId } from '../../tools/bench/cold/cold-accounts';
import { fillAccounts } from '../../tools/bench/cold/fill-accounts';
import { parseShardAddress } from '../../src/shards/shard-address';
import { eventually } from '../setup/eventually';
import type { Answer, BatchResult } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite, type SiteKind, sqliteSites } from '../setup/service-sites';

const ACCOUNTS = 5_000;

describe.each([sqliteSites, mariadbSites])(
  '[$mark] accounts that an instance has never seen',
  ({ make }: SiteKind) => {
    let site: ServiceSite;
    let service: TestService;

    beforeEach(async () => {
      site = await make(2);
      service = await startTestService(site);
    });

    afterEach(async () => {
      await service.stop();
      await site.drop();
    });

    /** Behind the service's back; a SQLite file belongs to one process, so the service is stopped meanwhile. */
    const fill = async (withRows: boolean): Promise<void> => {
      await service.stop();
      const shards = site.shards.map(parseShardAddress);
      const [first] = shards;
      if (!first) throw new RangeError('a site has shards');
      await fillAccounts({
        shards,
        directory: first.location,
        accounts: ACCOUNTS,
        balanceMinor: 1_000,
        withRows,
      });
      service = await startTestService(site);
    };

    const batch = (prefix: string): Promise<Answer> =>
      service.rest.post('/v1/deductions:batch', {
        items: Array.from({ length: ACCOUNTS }, (_, n) => ({
          accountId: coldAccountId(n),
          amount: '1',
          requestId: `${prefix}-${n}`,
        })),
      });

    it('are all charged by one batch', async () => {
      await fill(true);
      const { status, body } = await batch('first');
      expect(status).toBe(200);
      expect(counts(body)).toEqual({ succeeded: ACCOUNTS });
      expect(counts((await batch('first')).body)).toEqual({ replayed: ACCOUNTS });
    });

    it('and that have no rows yet are given them, and refused for funds', async () => {
      await fill(false);
      // A busy machine may make rows for so many at a lower rate than it is asked to: what is overload is asked again.
      const refused = await eventually('an answer to each', async () => {
        const counted = counts((await batch('no-rows')).body);
        return counted['rejected OVERLOADED'] === undefined ? counted : undefined;
      });
      expect(refused).toEqual({ 'rejected INSUFFICIENT_FUNDS': ACCOUNTS });
    });

    it('or that do not exist are refused, and what is too much is overload and never a defect', async () => {
      await fill(true);
      const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => batch(`crowd-${n}`)));
      const all: Record<string, number> = {};
      for (const { body } of answers)
        for (const [what, count] of Object.entries(counts(body))) all[what] = (all[what] ?? 0) + count;
      expect(
        Object.keys(all).filter((what) => what !== 'succeeded' && what !== 'rejected OVERLOADED'),
      ).toEqual([]);
      expect(all['succeeded']).toBeGreaterThan(0);
      const unknown = await service.rest.post('/v1/deductions:batch', {
        items: Array.from({ length: ACCOUNTS }, (_, n) => ({
          accountId: `nobody-${n}`,
          amount: '1',
          requestId: `u-${n}`,
        })),
      });
      expect(counts(unknown.body)).toEqual({ 'rejected ACCOUNT_NOT_FOUND': ACCOUNTS });
    });
  },
);

function counts(body: Answer['body']): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { status, error } of body['results'] as BatchResult[]) {
    const what = error ? `${status} ${error.code}` : status;
    counted[what] = (counted[what] ?? 0) + 1;
  }
  return counted;
}
