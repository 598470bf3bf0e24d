import type { DeductCommand } from '../../ledger/command';
import type { Dialect } from '../../shards/database';
import { nowUs } from '../../shards/statements/now';
import type { Statement } from '../../shards/statements/statement';
import { SUB_ACCOUNT_COLUMNS } from '../../shards/statements/sub-account-row';

const SQL: Readonly<Record<Dialect, string>> = {
  mysql: `SELECT ${SUB_ACCOUNT_COLUMNS}, ${nowUs('mysql')} FROM sub_account WHERE account_id = ? AND idx = ?`,
  sqlite: `SELECT ${SUB_ACCOUNT_COLUMNS}, ${nowUs('sqlite')} FROM sub_account WHERE account_id = ? AND idx = ?`,
};

/**
 * The row a deduction is about, as it is committed, with the database's clock behind its columns. Rides on the primary key.
 *
 * Locks: none. By itself it proves nothing about the row a moment later.
 */
export function readRow({ accountId, subAccount }: DeductCommand, dialect: Dialect): Statement {
  return { sql: SQL[dialect], parameters: [accountId, subAccount] };
}
