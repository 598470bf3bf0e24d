import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../setup/eventually';
import { GaleraCluster, galeraUnavailable, givenUrls } from '../setup/galera';
import { sumOf } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';

/** HOTSPLIT_TEST_KILLS names another number; every fourth of more than three is a writer that stands still instead. */
const BLOWS = Number(process.env['HOTSPLIT_TEST_KILLS'] ?? 1);
const CLIENTS = 16;
const ANSWERS_BETWEEN = 200;
const AMOUNT = 3;
const OPENING = 1_000_000_000;
const LONG_MS = 180_000 + BLOWS * 120_000;

const unavailable =
  galeraUnavailable() ?? (givenUrls().length > 0 ? 'the nodes of a given cluster are not killed' : undefined);

if (unavailable !== undefined) {
  it.skip(`[galera] not run here: ${unavailable}`, () => undefined);
} else {
  describe('[galera] two instances on a shard that is a cluster', () => {
    let cluster: GaleraCluster;
    let folder: string;
    let services: TestService[] = [];

    beforeAll(async () => {
      cluster = await GaleraCluster.start();
      folder = mkdtempSync(join(tmpdir(), 'hotsplit-cluster-'));
    }, LONG_MS);

    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    }, LONG_MS);

    it(
      'lose nothing and charge nothing twice while the writer is killed or stopped, and go on with the next node',
      async () => {
        const database = await cluster.database();
        // In different orders: both follow the writer, whichever node they name first.
        services = [
          await startTestService({ folder, shards: [cluster.url(database, 0, 1, 2)] }),
          await startTestService({ folder, shards: [cluster.url(database, 2, 1, 0)] }),
        ];
        const [one] = services as [TestService];
        const created = await one.rest.createAccount({ id: 'hot', subAccounts: 8, initialBalance: OPENING });
        expect(created.status).toBe(201);

        const load = new Load(services);
        const pauses: string[] = [];
        for (let blow = 0; blow < BLOWS; blow += 1) {
          await load.progress(ANSWERS_BETWEEN);
          const at = await writerOf(cluster, database);
          const node = cluster.node(at);
          const stands = BLOWS > 3 ? blow % 4 === 3 : false;
          load.beginPause();
          if (stands) node.pause();
          else node.kill();
          await load.progress(ANSWERS_BETWEEN);
          pauses.push(`${stands ? 'stopped' : 'killed'} ${(load.longestPauseMs() / 1_000).toFixed(1)} s`);
          if (stands) node.resume();
          else await node.startAgain();
          await eventually('the cluster being whole', () => isWhole(cluster));
        }
        await load.progress(ANSWERS_BETWEEN);
        await load.stop();
        // A session that was left with the stopped node may cost one reader a 503.
        const all = await eventually('the list of entries', () =>
          one.rest.entries('hot').catch(() => undefined),
        );
        const entries = all.filter(({ kind }) => kind === 'deduction');
        const found = entries.map(({ requestId }) => requestId).sort();
        expect(found).toEqual([...load.acknowledged.keys()].sort());
        expect(sumOf(all)).toBe(BigInt(OPENING - AMOUNT * found.length));
        expect(await one.rest.available('hot')).toBe(BigInt(OPENING - AMOUNT * found.length));
        expect(load.contradicted).toEqual([]);
        const audit = await one.rest.ended(await one.rest.post('/v1/admin/audits', {}));
        expect(audit.result).toMatchObject({ balanced: true, findings: [] });
        process.stderr.write(`cluster: longest pauses: ${pauses.join(', ')}; ${load.summary()}\n`);
      },
      LONG_MS,
    );
  });
}

/** The node that is marked, as the first one that answers says. */
async function writerOf(cluster: GaleraCluster, database: string): Promise<number> {
  return eventually('an answer about the writer', async () => {
    for (const at of [0, 1, 2]) {
      const writer = await cluster.writer(database, at).catch(() => undefined);
      if (writer !== undefined) return writer;
    }
    return undefined;
  });
}

/** All nodes say so: one that stood still has not noticed yet that the others went on without it. */
async function isWhole(cluster: GaleraCluster): Promise<true | undefined> {
  for (const node of cluster.nodes) {
    const rows = await node
      .ask(`SHOW STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_size')`)
      .catch(() => []);
    const status = new Map(rows.map((row) => [row['Variable_name'], row['Value']]));
    if (status.get('wsrep_local_state_comment') !== 'Synced') return undefined;
    if (status.get('wsrep_cluster_size') !== String(cluster.nodes.length)) return undefined;
  }
  return true;
}

/** Clients that send each key, to either instance and now and then to both, until it is acknowledged. */
class Load {
  /** The body of the first acknowledgement of each key. */
  readonly acknowledged = new Map<string, string>();
  /** Keys that were acknowledged twice with different bodies, or twice as new. */
  readonly contradicted: string[] = [];
  readonly #new = new Set<string>();
  readonly #clients: Promise<void>[];
  readonly #failed: Promise<unknown>;
  readonly #codes = new Map<string, number>();
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #keys = 0;
  #stopped = false;
  #lastMs = performance.now();
  #pauseMs = 0;

  constructor(private readonly services: readonly TestService[]) {
    this.#clients = Array.from({ length: CLIENTS }, (_, client) => this.#work(client));
    this.#failed = Promise.all(this.#clients);
    this.#failed.catch(() => undefined);
  }

  /** Resolves after so many further acknowledgements; rejects when a client has failed, for then none may come. */
  progress(answers: number): Promise<unknown> {
    const enough = new Promise<void>((resolve) => {
      this.#waiting.push({ count: this.acknowledged.size + answers, resolve });
    });
    return Promise.race([enough, this.#failed]);
  }

  beginPause(): void {
    this.#pauseMs = 0;
    this.#lastMs = performance.now();
  }

  /** The longest time between two acknowledgements since `beginPause`. */
  longestPauseMs(): number {
    return this.#pauseMs;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  summary(): string {
    const codes = [...this.#codes].map(([code, count]) => `${count} ${code}`).join(', ');
    return `${this.acknowledged.size} keys acknowledged, 0 lost, 0 double; answers: ${codes}`;
  }

  async #work(client: number): Promise<void> {
    while (!this.#stopped) {
      const key = `k${(this.#keys += 1)}`;
      const sends = [this.#until(key, client)];
      if (this.#keys % 5 === 0) sends.push(this.#until(key, client + 1));
      await Promise.all(sends);
    }
  }

  /** Sends a key, to the instances in turn, until one acknowledges it. */
  async #until(key: string, first: number): Promise<void> {
    for (let turn = first; ; turn += 1) {
      const { rest } = this.services[turn % this.services.length] as TestService;
      const { status, text, body } = await rest.deduct('hot', key, AMOUNT);
      const code = typeof body['code'] === 'string' ? body['code'] : String(status);
      this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
      if (status === 200 || status === 201) {
        this.#acknowledge(key, status, text);
        return;
      }
      if (status !== 503) throw new Error(`${key}: ${text}`);
      // Nothing announces that the shard is back.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #acknowledge(key: string, status: number, text: string): void {
    const now = performance.now();
    this.#pauseMs = Math.max(this.#pauseMs, now - this.#lastMs);
    this.#lastMs = now;
    const known = this.acknowledged.get(key);
    const isNew = status === 201;
    if ((known !== undefined && known !== text) || (isNew && this.#new.has(key))) this.contradicted.push(key);
    if (isNew) this.#new.add(key);
    if (known === undefined) this.acknowledged.set(key, text);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.acknowledged.size < count) return true;
      resolve();
      return false;
    });
  }
}
