import { randomUUID } from 'node:crypto';
import { fingerprint } from '../../src/engine/fingerprint';
import type { Command } from '../../src/ledger/command';
import type { RowDataPacket } from 'mysql2/promise';
import { everySlot } from '../../src/shards/mysql/cluster/writer-mark';
import { ShardUnavailableError } from '../../src/shards/faults';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { credit, deduct } from '../models/commands';
import { GaleraCluster, galeraUnavailable } from '../setup/galera';
import { inTurns } from '../setup/in-turns';
import { openShard } from '../setup/stores';

const unavailable = galeraUnavailable();
const LONG_MS = 240_000;

if (unavailable !== undefined) {
  it.skip(`[galera] not run here: ${unavailable}`, () => undefined);
} else {
  describe('[galera] a shard that is a cluster', () => {
    let cluster: GaleraCluster;
    const open: Shard[] = [];

    beforeAll(async () => {
      cluster = await GaleraCluster.start();
    }, LONG_MS);

    afterEach(async () => {
      for (const shard of open.splice(0)) await shard.close();
    });

    afterAll(async () => {
      await cluster.stop();
    }, LONG_MS);

    const through = async (database: string, clusterId: string, ...nodes: number[]): Promise<Shard> => {
      const location = { kind: 'mysql', url: cluster.url(database, ...nodes) } as const;
      const { shard } = await openShard(location, { clusterId });
      open.push(shard);
      return shard;
    };

    const ROWS = 4;
    const fill = async (shard: Shard): Promise<void> => {
      await shard.createSubAccounts(
        Array.from({ length: ROWS }, (_, index) => ({
          accountId: 'a',
          index,
          epoch: 1,
          accountStatus: 'active',
          accountStatusVersion: 1,
        })),
      );
      const credits = Array.from({ length: ROWS }, (_, index) =>
        command('credit', index, `c${index}`, 1_000_000n),
      );
      await shard.applyBatch(credits, NO_HINT);
    };

    const command = (
      kind: 'deduct' | 'credit',
      row: number,
      requestId: string,
      amountMinor: bigint,
    ): Command => {
      const given = { accountId: 'a', subAccount: row, epoch: 1, requestId, amountMinor };
      const print = fingerprint(kind, amountMinor);
      return kind === 'deduct'
        ? deduct({ ...given, fingerprint: print })
        : credit({ ...given, fingerprint: print });
    };

    it(
      'loses no acknowledged deduction while transactions are rolled back between the statements of a trip',
      async () => {
        const database = await cluster.database();
        const shard = await through(database, randomUUID(), 0);
        await fill(shard);
        const other = await cluster.node(1).connect(database);
        const stopping = new AbortController();
        // Written elsewhere, the rows of this node's open transactions are taken from them.
        const disturbing = (async () => {
          for (let n = 0; !stopping.signal.aborted; n += 1) {
            await other
              .query(
                `UPDATE sub_account SET operation = operation + 1 WHERE account_id = 'a' AND idx = ${n % ROWS}`,
              )
              .catch(() => undefined);
          }
        })();
        const keys = Array.from(
          { length: Number(process.env['HOTSPLIT_TEST_KEYS'] ?? 600) },
          (_, n) => `k${n}`,
        );
        let conflicts = 0;
        await inTurns(keys, 2, async (key) => {
          const row = Number(key.slice(1)) % ROWS;
          for (;;) {
            const answer = await shard
              .applyBatch([command('deduct', row, key, 3n)], NO_HINT)
              .catch(() => undefined);
            if (answer && ['applied', 'replayed'].includes(answer.outcomes[0]?.kind ?? '')) return;
            conflicts += 1;
          }
        });
        stopping.abort();
        await disturbing;
        await other.end();

        const [books] = await cluster.node(0).ask(
          `SELECT (SELECT COUNT(*) FROM entry WHERE kind = 'deduction') AS entries,
                  (SELECT CAST(SUM(available) AS CHAR) FROM sub_account) AS available,
                  (SELECT COUNT(*) FROM sub_account WHERE available + held <> net + moved) AS unsound`,
          database,
        );
        expect({ conflicts, ...books }).toEqual({
          conflicts: expect.any(Number) as number,
          entries: keys.length,
          available: String(ROWS * 1_000_000 - keys.length * 3),
          unsound: 0,
        });
      },
      LONG_MS,
    );

    it('is refused by name through a node that is not the writer, and taken through the one that is', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      const first = await through(database, clusterId, 0);
      await fill(first);
      const refused: unknown = await through(database, clusterId, 1).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ShardUnavailableError);
      expect(String(refused)).toContain(`written through 127.0.0.1:${cluster.node(0).port}`);

      const second = await through(database, clusterId, 1, 2, 0);
      const { outcomes } = await second.applyBatch([command('deduct', 0, 'k', 1n)], NO_HINT);
      expect(outcomes[0]?.kind).toBe('applied');
      expect(await cluster.writer(database, 2)).toBe(0);
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
      await fill(old);
      const locked = await old.lockAccount('a');
      await markWriter(database, 1, `127.0.0.1:${cluster.node(1).port}`);
      await expect(locked.apply([command('deduct', 0, 'late', 1n)])).rejects.toThrow();
      await expect(old.applyBatch([command('deduct', 0, 'later', 1n)], NO_HINT)).rejects.toThrow(
        `written through 127.0.0.1:${cluster.node(1).port}`,
      );
      const next = await through(database, clusterId, 0, 1);
      expect(await next.findEntries('a', ['late', 'later'])).toEqual([]);
    });

    it('refuses nothing on what the old writer reads behind a change of the writer', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      const old = await through(database, clusterId, 0);
      await fill(old);
      const locked = await old.lockAccount('a');
      await markWriter(database, 1, `127.0.0.1:${cluster.node(1).port}`);
      const tooMuch = command('deduct', 0, 'too much', 10n ** 12n);
      await expect(locked.apply([tooMuch])).rejects.toThrow();
    });

    it('has one writer when two nodes take over from one that is gone', async () => {
      const database = await cluster.database();
      const clusterId = randomUUID();
      await fill(await through(database, clusterId, 0));
      for (let round = 0; round < 5; round += 1) {
        await markWriter(database, 0, 'gone:1');
        const both = await Promise.allSettled([
          through(database, clusterId, 1),
          through(database, clusterId, 2),
        ]);
        const refused = both.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
        expect(refused).toEqual([expect.stringContaining('written through')]);
        const writer = both.findIndex(({ status }) => status === 'fulfilled') + 1;
        expect(await cluster.writer(database, 0)).toBe(writer);
      }
    });
  });
}
