import { randomUUID } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { everySlot } from '../../src/shards/mysql/cluster/writer-mark';
import { ShardUnavailableError } from '../../src/shards/faults';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { GaleraCluster, galeraUnavailable } from '../setup/galera';
import { expectExactWhileRowsAreTaken, fillRows, rowCommand } from '../setup/rows-taken-away';
import { openShard } from '../setup/stores';

const unavailable = galeraUnavailable();

/** A node answers when it has applied all that was committed before it was asked. */
const IN_SYNC = 'SET SESSION wsrep_sync_wait = 1';

if (unavailable !== undefined) {
  it.skip(`[galera] not run here: ${unavailable}`, () => undefined);
} else {
  describe('[galera] a shard that is a cluster', () => {
    let cluster: GaleraCluster;
    const open: Shard[] = [];

    beforeAll(async () => {
      cluster = await GaleraCluster.start();
    });

    afterEach(async () => {
      for (const shard of open.splice(0)) await shard.close();
    });

    afterAll(async () => {
      await cluster.stop();
    });

    const through = async (database: string, clusterId: string, ...nodes: number[]): Promise<Shard> => {
      const location = { kind: 'mysql', url: cluster.url(database, ...nodes) } as const;
      const { shard } = await openShard(location, { clusterId });
      open.push(shard);
      return shard;
    };

    it('loses no acknowledged deduction while transactions are rolled back between the statements of a trip', async () => {
      const database = await cluster.database();
      const shard = await through(database, randomUUID(), 0);
      await fillRows(shard);
      await expectExactWhileRowsAreTaken({ cluster, database, shard, from: 1 });
    });

    it('is refused by name through a node that is not the writer, and taken through the one that is', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      const first = await through(database, clusterId, 0);
      await fillRows(first);
      const refused: unknown = await through(database, clusterId, 1).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ShardUnavailableError);
      expect(String(refused)).toContain(`written through 127.0.0.1:${cluster.node(0).port}`);

      const second = await through(database, clusterId, 1, 2, 0);
      const { outcomes } = await second.applyBatch([rowCommand('deduct', 0, 'k', 1n)], NO_HINT);
      expect(outcomes[0]?.kind).toBe('applied');
      expect(await cluster.writer(database, 2, IN_SYNC)).toBe(0);
    });

    /** What an instance does that finds the marked writer gone, done through a node by hand. */
    const markWriter = async (database: string, at: number, node: string): Promise<void> => {
      const connection = await cluster.node(at).connect(database);
      for (let marked = false; !marked;) {
        const [rows] = await connection.query<RowDataPacket[]>('SELECT term FROM writer_mark');
        const term = Number(rows[0]?.['term']) + 1;
        try {
          await connection.query('START TRANSACTION');
          await connection.query(`UPDATE writer_mark SET node = '${node}', term = ${term}`);
          await connection.query(everySlot(term));
          await connection.query('COMMIT');
          marked = true;
        } catch (error) {
          // A session of the old writer wrote its slot meanwhile, and was certified first.
          if ((error as { errno?: number }).errno !== 1213) throw error;
          await connection.query('ROLLBACK');
        }
      }
      await connection.end();
    };

    it('lets no transaction of the old writer commit behind a change of the writer', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      const old = await through(database, clusterId, 0);
      await fillRows(old);
      const locked = await old.lockAccount('a');
      await markWriter(database, 1, `127.0.0.1:${cluster.node(1).port}`);
      await expect(locked.apply([rowCommand('deduct', 0, 'late', 1n)])).rejects.toThrow();
      await expect(old.applyBatch([rowCommand('deduct', 0, 'later', 1n)], NO_HINT)).rejects.toThrow(
        `written through 127.0.0.1:${cluster.node(1).port}`,
      );
      const next = await through(database, clusterId, 0, 1);
      expect(await next.findEntries('a', ['late', 'later'])).toEqual([]);
    });

    it('refuses nothing on what the old writer reads behind a change of the writer', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      const old = await through(database, clusterId, 0);
      await fillRows(old);
      const locked = await old.lockAccount('a');
      await markWriter(database, 1, `127.0.0.1:${cluster.node(1).port}`);
      const tooMuch = rowCommand('deduct', 0, 'too much', 10n ** 12n);
      await expect(locked.apply([tooMuch])).rejects.toThrow();
    });

    it('has one writer when two nodes take over from one that is gone', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      await fillRows(await through(database, clusterId, 0));
      for (let round = 0; round < 5; round += 1) {
        await markWriter(database, 0, 'gone:1');
        const both = await Promise.allSettled([
          through(database, clusterId, 1),
          through(database, clusterId, 2),
        ]);
        const refused = both.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
        expect(refused).toEqual([expect.stringContaining('written through')]);
        const writer = both.findIndex(({ status }) => status === 'fulfilled') + 1;
        expect(await cluster.writer(database, 0, IN_SYNC)).toBe(writer);
      }
    });
  });
}
