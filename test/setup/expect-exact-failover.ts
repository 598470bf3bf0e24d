import type { TestCluster } from './cluster';
import { eventually } from './eventually';
import { AMOUNT, FailoverLoad } from './failover-load';
import { sumOf } from './rest-client';
import type { TestService } from './service';

const ANSWERS_BETWEEN = 200;
const OPENING = 1_000_000_000;

/** How often the writer is broken; HOTSPLIT_TEST_KILLS names another number. */
export const BLOWS = Number(process.env['HOTSPLIT_TEST_KILLS'] ?? 1);

/** A run with so many blows takes no longer. */
export const FAILOVER_MS_MAX = 180_000 + BLOWS * 120_000;

export interface Failover {
  readonly cluster: TestCluster;
  readonly database: string;
  /** All on one shard, which is the database on the cluster. */
  readonly services: readonly [TestService, ...TestService[]];
  /** What the printed line begins with. */
  readonly name: string;
}

/**
 * Breaks the writer again and again under load: nothing that was acknowledged is lost, no key is charged twice, and the
 * instances go on with another node. Of more than three blows every fourth is a writer that stands still instead of one that
 * is killed.
 */
export async function expectExactFailover({ cluster, database, services, name }: Failover): Promise<void> {
  const [{ rest }] = services;
  const created = await rest.createAccount({ id: 'hot', subAccounts: 8, initialBalance: OPENING });
  expect(created.status).toBe(201);

  const load = new FailoverLoad(services);
  const pauses: string[] = [];
  for (let blow = 0; blow < BLOWS; blow += 1) {
    await load.progress(ANSWERS_BETWEEN);
    const node = cluster.node(await writerOf(cluster, database));
    const stands = BLOWS > 3 && blow % 4 === 3;
    load.beginPause();
    if (stands) node.pause();
    else await node.kill();
    await load.progress(ANSWERS_BETWEEN);
    pauses.push(`${stands ? 'stopped' : 'killed'} ${(load.longestPauseMs() / 1_000).toFixed(1)} s`);
    if (stands) node.resume();
    else await node.startAgain();
    await eventually('the cluster being whole', async () => (await cluster.isWhole()) || undefined);
  }
  await load.progress(ANSWERS_BETWEEN);
  await load.stop();
  // A session that was left with the stopped node may cost one reader a 503.
  const all = await eventually('the list of entries', () => rest.entries('hot').catch(() => undefined));
  const entries = all.filter(({ kind }) => kind === 'deduction');
  const found = entries.map(({ requestId }) => requestId).sort();
  expect(found).toEqual([...load.acknowledged.keys()].sort());
  expect(sumOf(all)).toBe(BigInt(OPENING - AMOUNT * found.length));
  expect(await rest.available('hot')).toBe(BigInt(OPENING - AMOUNT * found.length));
  expect(load.contradicted).toEqual([]);
  const audit = await rest.ended(await rest.post('/v1/admin/audits', {}));
  expect(audit.result).toMatchObject({ balanced: true, findings: [] });
  process.stderr.write(`${name}: longest pauses: ${pauses.join(', ')}; ${load.summary()}\n`);
}

/** The node that is marked, as the first one that answers says. */
async function writerOf(cluster: TestCluster, database: string): Promise<number> {
  return eventually('an answer about the writer', async () => {
    for (const at of cluster.nodes.keys()) {
      const writer = await cluster.writer(database, at).catch(() => undefined);
      if (writer !== undefined) return writer;
    }
    return undefined;
  });
}
