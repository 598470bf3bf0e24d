import type { InstallationDatabase } from './installation';
import { MysqlTarget } from './mysql-target';
import type { RestoreTarget } from './restore-target';
import { SqliteTarget } from './sqlite-target';

export function targetAt({ id, location, parts }: InstallationDatabase): RestoreTarget {
  return location.kind === 'sqlite'
    ? new SqliteTarget(location.path)
    : new MysqlTarget(id, location.url, parts);
}
