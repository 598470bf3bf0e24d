import type { Location } from '../../../src/shards/shard-address';
import type { EntryWriter } from './entry-writer';
import { openMysqlEntryWriter } from './mysql-entry-writer';
import { openSqliteEntryWriter } from './sqlite-entry-writer';

export function openEntryWriter(location: Location): Promise<EntryWriter> {
  return location.kind === 'sqlite'
    ? openSqliteEntryWriter(location.path)
    : openMysqlEntryWriter(location.url);
}
