import type { Database } from './database';
import type { NoteFault } from './faults';
import { MysqlBatchStore } from './mysql/mysql-batch-store';
import { MysqlDeductionSessions } from './mysql/mysql-deduction-sessions';
import { MysqlDatabase } from './mysql/mysql-database';
import { MysqlHosts } from './mysql/mysql-hosts';
import { MysqlPool } from './mysql/mysql-pool';
import type { OpenPools, PoolUse } from './open-pools';
import { RETRY_POLICY, type RetryPolicy } from './run-batch';
import { DEDUCTION_SETTINGS, type DeductionSettings } from './run-deduction';
import { INTAKE_LANES, type Shard } from './shard';
import type { KnownShards } from './shard-identity';
import { type Location, type ShardAddress, withoutSecrets } from './shard-address';
import { type DescribeAccount, SqlShard } from './sql-shard';
import { SqliteBatchStore, writerTimes } from './sqlite/sqlite-batch-store';
import { SqliteDeductionSessions } from './sqlite/sqlite-deduction-sessions';
import { SqliteDatabase } from './sqlite/sqlite-database';
import { SqliteFile } from './sqlite/sqlite-file';
import { REAL_SURROUNDINGS, type Surroundings } from './surroundings';
import { type Waits, WAITS } from './waits';

const READ_CONNECTIONS_MAX = 8;
const DIRECTORY_CONNECTIONS_MAX = 8;

export interface ShardOptions {
  readonly clusterId: () => Promise<string>;
  readonly known?: KnownShards;
  readonly describeAccount: DescribeAccount;
  /** Batches that run side by side on a MySQL shard; SQLite has one writer. */
  readonly parallelism: number;
  readonly surroundings?: Surroundings;
  readonly policy?: RetryPolicy;
  readonly deductionSettings?: DeductionSettings;
  readonly noteFault?: NoteFault;
  /** Whether transactions leave rows for the feed; by default they do. */
  readonly keepsFeed?: boolean;
  /** Where pools of sessions are noted while they are open. */
  readonly openPools?: OpenPools;
  readonly waits?: Waits;
}

/** The shard at an address, not connected yet: call `open`. */
export function shardAt({ name, location }: ShardAddress, options: ShardOptions): Shard {
  const {
    clusterId,
    known,
    describeAccount,
    surroundings = REAL_SURROUNDINGS,
    policy = RETRY_POLICY,
  } = options;
  const { deductionSettings = DEDUCTION_SETTINGS, noteFault, keepsFeed = true, waits = WAITS } = options;
  const common = {
    name,
    address: withoutSecrets(location),
    clusterId,
    known,
    describeAccount,
    surroundings,
    policy,
    deductionSettings,
    noteFault,
  };
  if (location.kind === 'sqlite') {
    const file = SqliteFile.open(location.path);
    return new SqlShard({
      ...common,
      parallelism: 1,
      database: new SqliteDatabase(name, file),
      batches: new SqliteBatchStore(name, file, keepsFeed, writerTimes(waits)),
      deductions: new SqliteDeductionSessions(name, file, keepsFeed),
    });
  }
  // Batches and single deductions have sessions of their own (each lane one, another for accounts that it has set aside, and one
  // that locks accounts whole), so that no amount of reading keeps a lane waiting. They hold
  // locks between two round trips: an instance that stops there must not keep the others from these rows for longer than
  // their batches are tried.
  const hosts = new MysqlHosts(location.url);
  const { openPools } = options;
  const pool = (use: PoolUse, connectionsMax: number): MysqlPool =>
    new MysqlPool(
      name,
      hosts,
      {
        connectionsMax,
        use,
        transactions: true,
        ...waits,
        idleMsMax: 2_000,
        waitTimeoutSeconds: 4,
      },
      'shard',
      openPools,
    );
  return new SqlShard({
    ...common,
    parallelism: options.parallelism,
    database: new MysqlDatabase(name, hosts, 'shard', {
      connectionsMax: READ_CONNECTIONS_MAX,
      openPools,
      waits,
    }),
    batches: new MysqlBatchStore(
      name,
      pool('batches', 2 * (options.parallelism + INTAKE_LANES) + 1),
      keepsFeed,
    ),
    deductions: new MysqlDeductionSessions(
      name,
      pool('deductions', deductionSettings.sessionsPerShard),
      keepsFeed,
    ),
  });
}

/** How an installation's databases are reached: over their drivers, unless a simulation stands in for them. */
export interface Databases {
  shardAt(address: ShardAddress, options: ShardOptions): Shard;
  directoryDatabaseAt(location: Location, openPools?: OpenPools): Database;
}

/** The database that holds the directory, not connected yet. */
export function directoryDatabaseAt(location: Location, openPools?: OpenPools): Database {
  return location.kind === 'sqlite'
    ? new SqliteDatabase('directory', SqliteFile.open(location.path))
    : new MysqlDatabase('directory', new MysqlHosts(location.url), 'directory', {
        connectionsMax: DIRECTORY_CONNECTIONS_MAX,
        openPools,
      });
}

export const REAL_DATABASES: Databases = { shardAt, directoryDatabaseAt };
