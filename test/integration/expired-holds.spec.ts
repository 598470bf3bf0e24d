import { parseLocation } from '../../src/shards/shard-address';
import { eventually } from '../setup/eventually';
import { type RawSql, rawSql } from '../setup/raw-sql';
import { startTestService } from '../setup/service';
import { type ServiceSite, sqliteSites } from '../setup/service-sites';

/** `HOTSPLIT_TEST_EXPIRED_HOLDS=445000` makes as many, and prints how long each answer took. */
const GIVEN = process.env['HOTSPLIT_TEST_EXPIRED_HOLDS'];
const HOLDS = Number(GIVEN ?? 8_000);

/**
 * Statements on SQLite run in the service's own process. One that goes through all holds of others whose time is over, or a
 * turn that releases all of them, would keep every request waiting.
 */
describe('[sqlite] beside many holds of others whose time is over', () => {
  let site: ServiceSite;
  let raw: RawSql;

  beforeEach(async () => {
    site = await sqliteSites.make(1);
    const service = await startTestService(site);
    await service.rest.createAccount({ id: 'others', subAccounts: 1, initialBalance: String(HOLDS) });
    await service.rest.createAccount({ id: 'acme', subAccounts: 1, initialBalance: 5 });
    await service.stop();
    raw = await rawSql(parseLocation(site.shards[0] as string), 'sqlite');
    await raw.run(`INSERT INTO hold (account_id, hold_id, sub_account, amount, state, expires_at_us, version, fingerprint,
        created_at_us)
      WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${HOLDS})
      SELECT 'others', 'h' || n, 0, 1, 'held', 1, version + n, zeroblob(16), 1 FROM counted, sub_account
        WHERE account_id = 'others'`);
    await raw.run(`UPDATE sub_account SET available = 0, held = ${HOLDS}, version = version + ${HOLDS},
        outside_version = outside_version + ${HOLDS} WHERE account_id = 'others'`);
  });

  afterEach(async () => {
    await raw.close();
    await site.drop();
  });

  /** The database is read in this process too: one row of an index, so that nothing waits for it. */
  const isReleased = async (holdId: string): Promise<boolean> =>
    (await raw.run(`SELECT state FROM hold WHERE account_id = 'others' AND hold_id = ?`, holdId))[0]?.[0] !==
    'held';
  const isAnyHeld = async (): Promise<boolean> =>
    (await raw.run(`SELECT 1 FROM hold WHERE state = 'held' LIMIT 1`)).length > 0;

  it('refusals and /healthz are answered while these are being released, and in the end all are', async () => {
    const service = await startTestService(site);
    const { rest } = service;
    const took: Record<string, number[]> = {};
    const timed = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const answer = await ask();
      (took[what] ??= []).push(Math.round(performance.now() - began));
      return answer;
    };
    // All are over at the same time, and the first of them by id are released first.
    await eventually('the release of the first', async () => ((await isReleased('h1')) ? true : undefined));
    for (let n = 0; n < (GIVEN === undefined ? 3 : 20); n += 1) {
      const [health, refusal] = await Promise.all([
        timed('/healthz', () => rest.get('/healthz')),
        timed('a refusal', () => rest.deduct('acme', `k${n}`, 6)),
      ]);
      expect([health.status, refusal.status]).toEqual([200, 422]);
    }
    // All of these answers came before the holds of others were through.
    expect(await isAnyHeld()).toBe(true);
    if (GIVEN !== undefined) console.log(`beside ${HOLDS} holds (ms): ${JSON.stringify(took)}`);
    else await eventually('the release of all', async () => ((await isAnyHeld()) ? undefined : true));
    await service.stop();
  });
});
