import type { DeductCommand } from '../../ledger/command';
import type { Dialect } from '../../shards/database';
import { nowUs } from '../../shards/statements/now';
import type { Statement } from '../../shards/statements/statement';
import { SUB_ACCOUNT_COLUMNS } from '../../shards/statements/sub-account-row';

const SQL: Readonly<Record<Dialect, string>> = {
  mysql: `SELECT ${SUB_ACCOUNT_COLUMNS}, ${nowUs('mysql')} FROM sub_account WHERE account_id = ? AND idx = ? FOR UPDATE`,
  // BEGIN IMMEDIATE has locked the whole file already.
  sqlite: `SELECT ${SUB_ACCOUNT_COLUMNS}, ${nowUs('sqlite')} FROM sub_account WHERE account_id = ? AND idx = ?`,
};

/**
 * Reads the row and keeps it: nobody changes it before this transaction ends. The clock behind its columns is read after
 * the lock was granted.
 *
 * Locks: X on the row, by the primary key.
 */
export function lockRow({ accountId, subAccount }: DeductCommand, dialect: Dialect): Statement {
  return { sql: SQL[dialect], parameters: [accountId, subAccount] };
}
