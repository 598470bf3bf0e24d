import type { Connection } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import { NO_HINT } from '../../src/shards/shard';
import type { DatabaseFault } from '../../src/engine/observer';
import { transferOut } from '../models/commands';
import { type EngineInstance, EngineSite } from '../setup/engine-site';
import { eventually } from '../setup/eventually';
import { expectAtRest } from '../setup/expect-at-rest';
import { STORES } from '../setup/stores';

const SERVERS = STORES.filter(({ mark }) => mark !== 'sqlite');

/** What the two servers call a statement that has taken too long. */
const ENDED_BY_SERVER = ['1969', '3024'];

/**
 * A look of the background that would take minutes is ended by the server itself, since a client that gives up only closes
 * its connection. Somebody who has the table `transfer` of the first shard locked makes each look there such a one.
 */
describe.each(SERVERS)('[$mark] a read that takes too long', (store) => {
  let site: EngineSite;
  let engine: EngineInstance;
  let stranger: Connection;
  const faults: DatabaseFault[] = [];
  const deferred: string[] = [];

  beforeAll(async () => {
    site = await EngineSite.make(store, 2);
    const location = site.shards[0]?.location;
    if (location?.kind !== 'mysql') throw new Error('this store has no server');
    stranger = await createConnection(location.url);
    engine = await site.start({
      observer: {
        databaseFault: (fault) => faults.push(fault),
        deferred: (what) => deferred.push(what),
      },
    });
    // One row on each shard: neither draws on others, which would be a transfer.
    await engine.create('acme', 2, 4_000n);
    await engine.whenSettled();
  });

  afterAll(async () => {
    await stranger.query('UNLOCK TABLES');
    await stranger.end();
    await site.end();
  });

  /** Statements of others that are at work on the table, or wait for it. */
  const atWork = async (): Promise<number> => {
    const [rows] = await stranger.query(
      `SELECT COUNT(*) AS found FROM information_schema.processlist
        WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%FROM transfer%'`,
    );
    return Number((rows as { found: number }[])[0]?.found);
  };

  it('is ended by the server, is the shard’s trouble and is done again later, and holds nothing else up', async () => {
    // Money that leaves for the other shard, and that only a look can find.
    const { index } = (await engine.runtime.shards.shard('s1').listSubAccounts('acme'))[0] ?? { index: -1 };
    const away = transferOut({ toShard: 's1', toSubAccount: index, amountMaxMinor: 100n });
    const [sent] = (await engine.runtime.shards.shard('s0').applyBatch([away], NO_HINT)).outcomes;
    expect(sent).toMatchObject({ kind: 'departed', departure: { amountMinor: 100n } });
    await stranger.query('LOCK TABLES transfer WRITE');

    const most = await eventually('a look that the server has ended', async () => {
      const ended = faults.some(({ reported }) => ENDED_BY_SERVER.includes(reported));
      return ended && deferred.includes('transfers from s0 to s1') ? atWork() : undefined;
    });
    // One look a pair of shards and one search of the account's own transfers, whatever the number of ticks.
    expect(most).toBeLessThanOrEqual(4);
    expect(faults.map(({ verdict }) => verdict)).not.toContain('defect');

    const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
    for (const key of keys) expect(await engine.deduct('acme', key, 1n)).toMatchObject({ kind: 'applied' });
    expect(await engine.runtime.shards.shard('s0').findEntry('acme', 'none')).toBeUndefined();

    await stranger.query('UNLOCK TABLES');
    await expectAtRest(engine, 'acme', { totalMinor: 3_960n, keys });
  });
});
