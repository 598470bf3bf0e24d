import type { Dialect } from '../database';
import { READ_ENTRY_COLUMNS } from './entry-row';
import type { Statement } from './statement';

/** Committed entries under some keys of one account. Plain read; rides on the unique index `entry_request`. */
export function findEntries(accountId: string, requestIds: readonly string[], dialect: Dialect): Statement {
  const index = dialect === 'mysql' ? 'FORCE INDEX (entry_request)' : 'INDEXED BY entry_request';
  return {
    sql: `SELECT ${READ_ENTRY_COLUMNS} FROM entry ${index}
      WHERE account_id = ? AND request_id IN (${requestIds.map(() => '?').join(', ')})`,
    parameters: [accountId, ...requestIds],
  };
}
