import { INTAKE_COLUMNS } from './intake-row';
import type { Statement } from './statement';

/** What was received under some keys of one account, as it is committed. Plain read; rides on the primary key. */
export function findIntakes(accountId: string, requestIds: readonly string[]): Statement {
  return {
    sql: `SELECT ${INTAKE_COLUMNS} FROM intake
      WHERE account_id = ? AND request_id IN (${requestIds.map(() => '?').join(', ')})`,
    parameters: [accountId, ...requestIds],
  };
}
