import type { Database } from './database';
import { MysqlBatchStore } from './mysql/mysql-batch-store';
import { MysqlDatabase } from './mysql/mysql-database';
import { MysqlPool } from './mysql/mysql-pool';
import { REAL_SURROUNDINGS, RETRY_POLICY, type RetryPolicy, type Surroundings } from './run-batch';
import type { Shard } from './shard';
import type { Location, ShardAddress } from './shard-address';
import { type DescribeAccount, SqlShard } from './sql-shard';
import { SqliteBatchStore } from './sqlite/sqlite-batch-store';
import { SqliteDatabase } from './sqlite/sqlite-database';
import { SqliteFile } from './sqlite/sqlite-file';

const READ_CONNECTIONS_MAX = 8;
const DIRECTORY_CONNECTIONS_MAX = 8;

export interface ShardOptions {
  readonly clusterId: () => Promise<string>;
  readonly describeAccount: DescribeAccount;
  /** Batches that run side by side on a MySQL shard; SQLite has one writer. */
  readonly parallelism: number;
  readonly surroundings?: Surroundings;
  readonly policy?: RetryPolicy;
}

/** The shard at an address, not connected yet: call `open`. */
export function shardAt({ name, location }: ShardAddress, options: ShardOptions): Shard {
  const { clusterId, describeAccount, surroundings = REAL_SURROUNDINGS, policy = RETRY_POLICY } = options;
  const common = { name, clusterId, describeAccount, surroundings, policy };
  if (location.kind === 'sqlite') {
    const file = SqliteFile.open(location.path);
    return new SqlShard({
      ...common,
      parallelism: 1,
      database: new SqliteDatabase(name, file),
      batches: new SqliteBatchStore(name, file),
    });
  }
  // Batches have sessions of their own, so that no amount of reading keeps a lane waiting. They hold locks between two
  // round trips: an instance that stops there must not keep the others from these rows for longer than their batches are
  // tried.
  const pool = new MysqlPool(
    name,
    location.url,
    {
      connectionsMax: options.parallelism + 1,
      multipleStatements: true,
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
    database: new MysqlDatabase(name, location.url, 'shard', READ_CONNECTIONS_MAX),
    batches: new MysqlBatchStore(name, pool),
  });
}

/** The database that holds the directory, not connected yet. */
export function directoryDatabaseAt(location: Location): Database {
  return location.kind === 'sqlite'
    ? new SqliteDatabase('directory', SqliteFile.open(location.path))
    : new MysqlDatabase('directory', location.url, 'directory', DIRECTORY_CONNECTIONS_MAX);
}
