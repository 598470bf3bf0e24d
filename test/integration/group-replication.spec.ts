import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShardUnavailableError } from '../../src/shards/faults';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { expectExactFailover, FAILOVER_MS_MAX } from '../setup/expect-exact-failover';
import { MysqlGroup } from '../setup/group';
import { expectExactWhileRowsAreTaken, fillRows, rowCommand } from '../setup/rows-taken-away';
import { startTestService, type TestService } from '../setup/service';
import { openShard } from '../setup/stores';

/** Three more MySQL servers take longer to start than most files take to run. */
const isWanted = process.env['HOTSPLIT_TEST_GROUP'] === '1';

if (!isWanted) {
  it.skip('[group] not run here: HOTSPLIT_TEST_GROUP=1 starts a group of three members of MySQL 9', () =>
    undefined);
} else {
  describe('[group] a shard that is a group of MySQL servers', () => {
    let group: MysqlGroup;
    let folder: string;
    const shards: Shard[] = [];
    const services: TestService[] = [];

    beforeAll(async () => {
      group = await MysqlGroup.start();
      folder = mkdtempSync(join(tmpdir(), 'hotsplit-group-'));
    });

    afterEach(async () => {
      for (const shard of shards.splice(0)) await shard.close();
      for (const service of services.splice(0)) await service.stop();
    });

    afterAll(async () => {
      await group.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const through = async (database: string, clusterId: string, ...nodes: number[]): Promise<Shard> => {
      const location = { kind: 'mysql', url: group.url(database, ...nodes) } as const;
      const { shard } = await openShard(location, { clusterId });
      shards.push(shard);
      return shard;
    };

    /** Two instances that name the members in different orders. */
    const twoInstances = async (database: string): Promise<[TestService, TestService]> => {
      const started: TestService[] = [];
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
      ]) {
        const service = await startTestService({ folder, shards: [group.url(database, ...order)] });
        services.push(service);
        started.push(service);
      }
      return started as [TestService, TestService];
    };

    describe('with a single primary', () => {
      it('is refused by name through a secondary, and taken through the primary', async () => {
        const database = await group.database();
        const clusterId = randomUUID();
        const [secondary = -1] = await group.secondaries();
        const refused: unknown = await through(database, clusterId, secondary).catch(
          (error: unknown) => error,
        );
        expect(refused).toBeInstanceOf(ShardUnavailableError);
        expect(String(refused)).toContain('may not write: ONLINE, SECONDARY');

        const shard = await through(database, clusterId, secondary, 0, 1, 2);
        await fillRows(shard);
        const { outcomes } = await shard.applyBatch([rowCommand('deduct', 0, 'k', 1n)], NO_HINT);
        expect(outcomes[0]?.kind).toBe('applied');
        expect(await group.secondaries()).not.toContain(await group.writer(database, secondary));
      });

      it(
        'loses nothing and charges nothing twice while the primary is killed or stopped',
        async () => {
          const database = await group.database();
          const services = await twoInstances(database);
          await expectExactFailover({ cluster: group, database, services, name: 'single-primary group' });
        },
        FAILOVER_MS_MAX,
      );
    });

    describe('with several primaries', () => {
      beforeAll(() => group.becomeMultiPrimary());

      it('is refused by name through a primary that is not the writer', async () => {
        const database = await group.database();
        const clusterId = randomUUID();
        await fillRows(await through(database, clusterId, 0));
        const refused: unknown = await through(database, clusterId, 1).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(ShardUnavailableError);
        expect(String(refused)).toContain('the database is written through');
      });

      it('loses no acknowledged deduction while another primary writes the same rows', async () => {
        const database = await group.database();
        const shard = await through(database, randomUUID(), 0);
        await fillRows(shard);
        await expectExactWhileRowsAreTaken({ cluster: group, database, shard, from: 1 });
      });

      it(
        'loses nothing and charges nothing twice while the writer is killed or stopped',
        async () => {
          const database = await group.database();
          const services = await twoInstances(database);
          await expectExactFailover({ cluster: group, database, services, name: 'multi-primary group' });
        },
        FAILOVER_MS_MAX,
      );
    });
  });
}
