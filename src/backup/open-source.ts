import type { BackupSource } from './backup-source';
import type { InstallationDatabase } from './installation';
import { MysqlSource } from './mysql-source';
import { SqliteSource } from './sqlite-source';

export type OpenSource = (database: InstallationDatabase) => BackupSource;

export function sourceAt({ id, location, parts }: InstallationDatabase): BackupSource {
  return location.kind === 'sqlite'
    ? new SqliteSource(location.path)
    : new MysqlSource(id, location.url, parts);
}
