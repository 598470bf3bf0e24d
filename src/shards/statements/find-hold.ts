import { HOLD_COLUMNS } from './hold-row';
import type { Statement } from './statement';

/** One hold as it is committed. Plain read; rides on the primary key. */
export function findHold(accountId: string, holdId: string): Statement {
  return {
    sql: `SELECT ${HOLD_COLUMNS} FROM hold WHERE account_id = ? AND hold_id = ?`,
    parameters: [accountId, holdId],
  };
}
