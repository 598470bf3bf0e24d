import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NoteFault } from '../../src/shards/faults';
import { RETRY_POLICY, type RetryPolicy } from '../../src/shards/run-batch';
import { shardAt } from '../../src/shards/open-database';
import type { Shard } from '../../src/shards/shard';
import type { Location } from '../../src/shards/shard-address';
import type { Waits } from '../../src/shards/waits';
import { HUNG_MS } from './eventually';
import { createDatabase, mariadbUrls, mysqlUnavailable, mysqlUrls } from './servers';

export interface StoreSite {
  readonly location: Location;
  drop(): Promise<void>;
}

/** A kind of real database that every store test runs on. */
export interface TestStore {
  readonly mark: 'sqlite' | 'mariadb' | 'mysql';
  /** A fresh, empty database. */
  readonly makeSite: () => Promise<StoreSite>;
}

const sqlite: TestStore = {
  mark: 'sqlite',
  makeSite: () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplit-test-'));
    return Promise.resolve({
      location: { kind: 'sqlite', path: join(folder, 'shard.sqlite') },
      drop: () => {
        rmSync(folder, { recursive: true, force: true });
        return Promise.resolve();
      },
    });
  },
};

function server(mark: 'mariadb' | 'mysql', urls: () => string[]): TestStore {
  let turn = 0;
  return {
    mark,
    makeSite: async () => {
      const servers = urls();
      const database = await createDatabase(servers[turn++ % servers.length] as string, `t_${mark}`);
      return { location: { kind: 'mysql', url: database.url }, drop: () => database.drop() };
    },
  };
}

/** MySQL 9 only where there is one; the summary of `npm test` says so when there is not. */
export const STORES: readonly TestStore[] = [
  sqlite,
  server('mariadb', mariadbUrls),
  ...(mysqlUnavailable() === undefined ? [server('mysql', mysqlUrls)] : []),
];

/**
 * Each kind of something on SQLite and on one of the servers, dealt in turn: what the servers have in common is asked of both
 * by other specs. `HOTSPLIT_TEST_STORES=all` has each kind on every store.
 */
export function dealt<Kind>(
  kinds: readonly Kind[],
  stores: readonly TestStore[] = STORES,
): { readonly store: TestStore; readonly kind: Kind }[] {
  const servers = stores.filter(({ mark }) => mark !== 'sqlite');
  const isWanted = (store: TestStore, number: number): boolean =>
    process.env['HOTSPLIT_TEST_STORES'] === 'all' ||
    !servers.includes(store) ||
    servers[number % servers.length] === store;
  return stores.flatMap((store) =>
    kinds.flatMap((kind, number) => (isWanted(store, number) ? [{ store, kind }] : [])),
  );
}

export interface TestShard {
  readonly shard: Shard;
  readonly clusterId: string;
}

/** A machine that is busy with other tests is slow, and its databases are not away. */
const PATIENT: Waits = { connectMsMax: HUNG_MS, acquireMsMax: HUNG_MS, statementMsMax: HUNG_MS };

/** How a shard is opened: by default under the name `s0`, as the first of an installation of its own. */
export interface ShardOpening {
  readonly name?: string;
  readonly clusterId?: string;
  readonly policy?: RetryPolicy;
  readonly parallelism?: number;
  readonly noteFault?: NoteFault;
}

/** A shard at a location, opened. Every account is described as active at epoch 1. */
export async function openShard(location: Location, options: ShardOpening = {}): Promise<TestShard> {
  const {
    name = 's0',
    clusterId = randomUUID(),
    policy = RETRY_POLICY,
    parallelism = 2,
    noteFault,
  } = options;
  const shard = shardAt(
    { name, location },
    {
      clusterId: () => Promise.resolve(clusterId),
      describeAccount: () =>
        Promise.resolve({ epoch: 1, accountStatus: 'active', accountStatusVersion: 1 } as const),
      parallelism,
      policy,
      waits: PATIENT,
      ...(noteFault && { noteFault }),
    },
  );
  try {
    await shard.open();
    return { shard, clusterId };
  } catch (error) {
    await shard.close();
    throw error;
  }
}
