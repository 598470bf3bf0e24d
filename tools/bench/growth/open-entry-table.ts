import type { Location } from '../../../src/shards/shard-address';
import type { EntryTable } from './entry-table';
import { MysqlEntryTable } from './mysql-entry-table';
import { SqliteEntryTable } from './sqlite-entry-table';

export function openEntryTable(location: Location): Promise<EntryTable> {
  return location.kind === 'sqlite'
    ? Promise.resolve(new SqliteEntryTable(location.path))
    : MysqlEntryTable.open(location.url);
}
