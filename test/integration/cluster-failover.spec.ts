import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectExactFailover, FAILOVER_MS_MAX } from '../setup/expect-exact-failover';
import { GaleraCluster, galeraUnavailable, givenUrls } from '../setup/galera';
import { startTestService, type TestService } from '../setup/service';

const unavailable =
  galeraUnavailable() ?? (givenUrls().length > 0 ? 'the nodes of a given cluster are not killed' : undefined);

if (unavailable !== undefined) {
  it.skip(`[galera] not run here: ${unavailable}`, () => undefined);
} else {
  describe('[galera] two instances on a shard that is a cluster', () => {
    let cluster: GaleraCluster;
    let folder: string;
    const services: TestService[] = [];

    beforeAll(async () => {
      cluster = await GaleraCluster.start();
      folder = mkdtempSync(join(tmpdir(), 'hotsplit-cluster-'));
    }, FAILOVER_MS_MAX);

    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    }, FAILOVER_MS_MAX);

    it(
      'lose nothing and charge nothing twice while the writer is killed or stopped, and go on with the next node',
      async () => {
        const database = await cluster.database();
        // In different orders: both follow the writer, whichever node they name first.
        const one = await startTestService({ folder, shards: [cluster.url(database, 0, 1, 2)] });
        services.push(one);
        const other = await startTestService({ folder, shards: [cluster.url(database, 2, 1, 0)] });
        services.push(other);
        await expectExactFailover({ cluster, database, services: [one, other], name: 'galera' });
      },
      FAILOVER_MS_MAX,
    );
  });
}
