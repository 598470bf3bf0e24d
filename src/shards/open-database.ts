import type { Database } from './database';
import type { NoteFault } from './faults';
import { MysqlBatchStore } from './mysql/mysql-batch-store';
import { MysqlDeductionSessions } from './mysql/mysql-deduction-sessions';
import { MysqlDatabase } from './mysql/mysql-database';
import { MysqlHosts } from './mysql/mysql-hosts';
import { MysqlPool } from './mysql/mysql-pool';
import { RETRY_POLICY, type RetryPolicy } from './run-batch';
import { DEDUCTION_SETTINGS, type DeductionSettings } from './run-deduction';
import { INTAKE_LANES, type Shard } from './shard';
import type { KnownShards } from './shard-identity';
import { type Location, type ShardAddress, withoutSecrets } from './shard-address';
import { type DescribeAccount, SqlShard } from './sql-shard';
import { SqliteBatchStore } from './sqlite/sqlite-batch-store';
import { SqliteDeductionSessions } from './sqlite/sqlite-deduction-sessions';
import { SqliteDatabase } from './sqlite/sqlite-database';
import { SqliteFile } from './sqlite/sqlite-file';
import { REAL_SURROUNDINGS, type Surroundings } from './surroundings';

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
  const { deductionSettings = DEDUCTION_SETTINGS, noteFault } = options;
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
      batches: new SqliteBatchStore(name, file),
      deductions: new SqliteDeductionSessions(name, file),
    });
  }
  // Batches and single deductions have sessions of their own (each lane one, another for accounts that it has set aside, and one
  // that locks accounts whole), so that no amount of reading keeps a lane waiting. They hold
  // locks between two round trips: an instance that stops there must not keep the others from these rows for longer than
  // their batches are tried.
  const hosts = new MysqlHosts(location.url);
  const pool = (connectionsMax: number): MysqlPool =>
    new MysqlPool(
      name,
      hosts,
      {
        connectionsMax,
        transactions: true,
        acquireMsMax: 3_000,
        statementMsMax: 5_000,
        idleMsMax: 2_000,
        waitTimeoutSeconds: 4,
      },
      'shard',
    );
  return new SqlShard({
    ...common,
    parallelism: options.parallelism,
    database: new MysqlDatabase(name, hosts, 'shard', READ_CONNECTIONS_MAX),
    batches: new MysqlBatchStore(name, pool(2 * (options.parallelism + INTAKE_LANES) + 1)),
    deductions: new MysqlDeductionSessions(name, pool(deductionSettings.sessionsPerShard)),
  });
}

/** How an installation's databases are reached: over their drivers, unless a simulation stands in for them. */
export interface Databases {
  shardAt(address: ShardAddress, options: ShardOptions): Shard;
  directoryDatabaseAt(location: Location): Database;
}

/** The database that holds the directory, not connected yet. */
export function directoryDatabaseAt(location: Location): Database {
  return location.kind === 'sqlite'
    ? new SqliteDatabase('directory', SqliteFile.open(location.path))
    : new MysqlDatabase('directory', new MysqlHosts(location.url), 'directory', DIRECTORY_CONNECTIONS_MAX);
}

export const REAL_DATABASES: Databases = { shardAt, directoryDatabaseAt };
