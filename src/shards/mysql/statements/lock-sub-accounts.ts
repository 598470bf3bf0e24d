import { integer } from '../../database';
import type { RowScope } from '../../batch-transaction';
import type { SubAccount } from '../../../ledger/sub-account';
import type { RawResult } from '../mysql-pool';
import { literal } from './literal';
import { SUB_ACCOUNT_COLUMNS, toSubAccount } from '../../statements/sub-account-row';

/** Lists longer than this may be rewritten by the optimizer, which loses the lock order. */
const LIST_LENGTH_MAX = 900;

/**
 * Opens the transaction and locks the batch's rows.
 *
 * Locks: X on each row, taken in ascending primary-key order, which is the one order all transactions use. Rides on the
 * primary key (forced: a table scan would wait for other lanes' rows). The clock is evaluated for each row after its
 * lock was granted; the largest value is after all of them.
 */
export function lockSubAccounts(scope: RowScope): string[] {
  const conditions: string[] = [];
  for (const accountId of [...scope.rows.keys()].sort()) {
    const account = `account_id = ${literal(accountId)}`;
    const indices = [...(scope.rows.get(accountId) ?? [])].sort((a, b) => a - b);
    conditions.push(
      scope.wholeAccounts.has(accountId) ? account : `${account} AND idx IN (${indices.join(',')})`,
    );
  }
  const statements = [];
  for (let from = 0; from < conditions.length; from += LIST_LENGTH_MAX) {
    const part = conditions.slice(from, from + LIST_LENGTH_MAX);
    statements.push(
      `SELECT ${SUB_ACCOUNT_COLUMNS}, CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)
       FROM sub_account FORCE INDEX (PRIMARY) WHERE (${part.join(') OR (')})
       ORDER BY account_id, idx FOR UPDATE`,
    );
  }
  return statements;
}

export function lockedRows(results: readonly RawResult[]): { nowUs: number; rows: SubAccount[] } {
  let nowUs = 0;
  const rows: SubAccount[] = [];
  for (const result of results) {
    for (const row of result as (string | number)[][]) {
      rows.push(toSubAccount(row));
      nowUs = Math.max(nowUs, integer(row.at(-1)));
    }
  }
  return { nowUs, rows };
}
