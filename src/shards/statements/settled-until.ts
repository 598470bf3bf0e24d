import type { Dialect } from '../database';
import { nowUs } from './now';
import type { Statement } from './statement';

/**
 * A moment before which no entry of the account can appear any more.
 *
 * MySQL: takes shared locks on the account's rows and so waits for every transaction that is changing them; whoever
 * comes later reads the clock after this did. Rides on the primary key; the locks last for the statement. SQLite: asked
 * on the writer connection, where nothing else is open meanwhile.
 */
export function settledUntil(accountId: string, dialect: Dialect): Statement {
  return {
    sql:
      dialect === 'mysql'
        ? `SELECT ${nowUs(dialect)} FROM sub_account FORCE INDEX (PRIMARY) WHERE account_id = ? ORDER BY idx LOCK IN SHARE MODE`
        : `SELECT ${nowUs(dialect)} WHERE ? IS NOT NULL`,
    parameters: [accountId],
  };
}
