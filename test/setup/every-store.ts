import { createConnection } from 'mysql2/promise';
import { randomUUID } from 'node:crypto';
import { MemoryDatabase } from '../../src/shards/memory/memory-database';
import { MemoryShard } from '../../src/shards/memory/memory-shard';
import { RETRY_POLICY } from '../../src/shards/run-batch';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';
import { openShard, STORES, type ShardOpening, type TestShard, type TestStore } from './stores';

/** A database that outlives the shards which instances open on it. */
export interface ShardSite {
  open(options?: ShardOpening): Promise<TestShard>;
  /**
   * Ends every session of the shards that are open, whatever they are doing.
   *
   * @returns how many there were; nothing where sessions cannot be ended from outside
   */
  killSessions(): Promise<number | undefined>;
  drop(): Promise<void>;
}

/** A kind of store, with a server or without. */
export interface ShardStore {
  readonly mark: TestStore['mark'] | 'memory';
  /** Locks single rows; one that does not lets one batch in at a time. */
  readonly locksRows: boolean;
  /** A fresh, empty database. */
  readonly makeSite: () => Promise<ShardSite>;
}

/** As the sessions of the product on a server. */
const LOCK_WAIT_MS_MAX = 2_000;

/** Of a batch: begin, lock, look up, commit and its answer. */
const STEPS = 5;

const memory: ShardStore = {
  mark: 'memory',
  locksRows: true,
  makeSite: () => Promise.resolve(new MemorySite()),
};

class MemorySite implements ShardSite {
  readonly #database = new MemoryDatabase('s0', () => Date.now() * 1_000, {
    msMax: LOCK_WAIT_MS_MAX,
    later: REAL_SURROUNDINGS.later,
  });
  readonly #shards: MemoryShard[] = [];
  #kills = 0;

  async open(options: ShardOpening = {}): Promise<TestShard> {
    const { name = 's0', clusterId = randomUUID(), policy = RETRY_POLICY, parallelism = 2 } = options;
    const shard = new MemoryShard({
      name,
      database: this.#database,
      clusterId: () => Promise.resolve(clusterId),
      describeAccount: () =>
        Promise.resolve({ epoch: 1, accountStatus: 'active', accountStatusVersion: 1 } as const),
      surroundings: REAL_SURROUNDINGS,
      parallelism,
      policy,
      // As over a network, every step lets others go first.
      interfere: async () => {
        await REAL_SURROUNDINGS.turn();
        return undefined;
      },
    });
    await shard.open();
    this.#shards.push(shard);
    return { shard, clusterId };
  }

  /** Each time at another step of what they are doing. */
  async killSessions(): Promise<number> {
    this.#kills += 1;
    for (let turns = this.#kills % STEPS; turns >= 0; turns -= 1) await REAL_SURROUNDINGS.turn();
    return this.#shards.reduce((killed, shard) => killed + this.#database.disconnect(shard), 0);
  }

  drop(): Promise<void> {
    return Promise.resolve();
  }
}

function onDatabase({ mark, makeSite }: TestStore): ShardStore {
  return {
    mark,
    locksRows: mark !== 'sqlite',
    makeSite: async () => {
      const site = await makeSite();
      const { location } = site;
      return {
        open: (options) => openShard(location, options),
        killSessions: () =>
          location.kind === 'mysql' ? killSessions(location.url) : Promise.resolve(undefined),
        drop: () => site.drop(),
      };
    },
  };
}

async function killSessions(url: string): Promise<number> {
  const connection = await createConnection(url);
  try {
    const [sessions] = await connection.query(
      'SELECT id AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
    );
    let killed = 0;
    for (const { id } of sessions as { id: number }[]) {
      await connection.query(`KILL ${id}`).then(
        () => (killed += 1),
        () => undefined, // it ended before we came to it
      );
    }
    return killed;
  } finally {
    await connection.end();
  }
}

/** The store in memory, which the simulation stands on, and every real database. */
export const EVERY_STORE: readonly ShardStore[] = [memory, ...STORES.map(onDatabase)];
