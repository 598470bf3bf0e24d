import type { Database } from '../../src/shards/database';
import { MysqlDatabase } from '../../src/shards/mysql/mysql-database';
import { MysqlHosts } from '../../src/shards/mysql/mysql-hosts';
import { RETRY_POLICY } from '../../src/shards/run-batch';
import { DEDUCTION_SETTINGS } from '../../src/shards/run-deduction';
import type { Location } from '../../src/shards/shard-address';
import { SqlShard, type SqlShardParts } from '../../src/shards/sql-shard';
import { SqliteDatabase } from '../../src/shards/sqlite/sqlite-database';
import { SqliteFile } from '../../src/shards/sqlite/sqlite-file';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';

/** The single statements of the shard at a location, not connected yet. */
export function databaseAt(location: Location): Database {
  return location.kind === 'sqlite'
    ? new SqliteDatabase('s0', SqliteFile.open(location.path))
    : new MysqlDatabase('s0', new MysqlHosts(location.url), 'shard', { connectionsMax: 2 });
}

/** The shard `s0` of an installation for single statements only, over a database that was opened already. */
export function readingShard(
  database: Database,
  options: Pick<SqlShardParts, 'clusterId'> & Partial<SqlShardParts>,
): SqlShard {
  return new SqlShard({
    name: 's0',
    parallelism: 1,
    database,
    batches: { name: 's0', open: () => Promise.resolve(), ...never('begin', 'close', 'lockedAccounts') },
    deductions: never('open', 'close') as unknown as SqlShardParts['deductions'],
    deductionSettings: DEDUCTION_SETTINGS,
    describeAccount: () => Promise.reject(new Error('not asked for')),
    surroundings: REAL_SURROUNDINGS,
    policy: RETRY_POLICY,
    ...options,
  });
}

function never<Name extends string>(...names: Name[]): Record<Name, () => Promise<never>> {
  const reject = (): Promise<never> => Promise.reject(new Error('not asked for'));
  return Object.fromEntries(names.map((name) => [name, reject])) as Record<Name, () => Promise<never>>;
}
