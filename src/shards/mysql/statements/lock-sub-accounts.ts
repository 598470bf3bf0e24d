import { integer } from '../../database';
import type { RowScope } from '../../batch-transaction';
import type { SubAccount } from '../../../ledger/sub-account';
import type { RawResult } from '../mysql-pool';
import { literal } from './literal';
import { nowUs } from '../../statements/now';
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
  // What is only received locks nothing, and is given a time all the same.
  if (scope.rows.size === 0) return [`SELECT ${nowUs('mysql')}`];
  return parts(scope).map(
    (where) =>
      `SELECT ${SUB_ACCOUNT_COLUMNS}, ${nowUs('mysql')}
       FROM sub_account FORCE INDEX (PRIMARY) WHERE ${where}
       ORDER BY account_id, idx FOR UPDATE`,
  );
}

/** Which of the rows exist, and which of them could be locked without waiting. As many statements of one kind as of the other. */
export function probeLocks(scope: Pick<RowScope, 'rows' | 'wholeAccounts'>): {
  readonly existing: readonly string[];
  readonly free: readonly string[];
} {
  const select = (where: string, lock: string): string =>
    `SELECT account_id, idx FROM sub_account FORCE INDEX (PRIMARY) WHERE ${where} ORDER BY account_id, idx${lock}`;
  const all = parts(scope);
  return {
    existing: all.map((where) => select(where, '')),
    free: all.map((where) => select(where, ' FOR UPDATE SKIP LOCKED')),
  };
}

/** The conditions of the rows, in ascending order, a statement's worth each. */
function parts(scope: Pick<RowScope, 'rows' | 'wholeAccounts'>): string[] {
  const conditions: string[] = [];
  for (const accountId of [...scope.rows.keys()].sort()) {
    const account = `account_id = ${literal(accountId)}`;
    const indices = [...(scope.rows.get(accountId) ?? [])].sort((a, b) => a - b);
    conditions.push(
      scope.wholeAccounts.has(accountId) ? account : `${account} AND idx IN (${indices.join(',')})`,
    );
  }
  const wheres: string[] = [];
  for (let from = 0; from < conditions.length; from += LIST_LENGTH_MAX)
    wheres.push(`(${conditions.slice(from, from + LIST_LENGTH_MAX).join(') OR (')})`);
  return wheres;
}

export function lockedRows(results: readonly RawResult[]): { nowUs: number; rows: SubAccount[] } {
  let latestUs = 0;
  const rows: SubAccount[] = [];
  for (const result of results) {
    for (const row of result as (string | number)[][]) {
      if (row.length > 1) rows.push(toSubAccount(row));
      latestUs = Math.max(latestUs, integer(row.at(-1)));
    }
  }
  return { nowUs: latestUs, rows };
}
