import { type Cell, type Dialect, exact, integer, text } from '../database';
import type { DrainingRow, RowPage } from '../shard';
import { behind } from './behind';
import type { Statement } from './statement';

/**
 * Rows that are out of use, by account and index, whether or not they have money to move. Plain read; rides on
 * `sub_account_unused`, on SQLite `sub_account_draining`. The caller picks those with money: a condition here would go through any
 * number of rows that have none.
 */
export function drainingRows({ after, limit }: RowPage, dialect: Dialect): Statement {
  const index = dialect === 'mysql' ? 'FORCE INDEX (sub_account_unused)' : 'INDEXED BY sub_account_draining';
  const further = behind(dialect, ['account_id', 'idx'], [after?.accountId ?? '', after?.index ?? 0]);
  return {
    sql: `SELECT account_id, idx, available FROM sub_account ${index} WHERE state = 'draining' AND ${further.sql}
      ORDER BY account_id, idx LIMIT ?`,
    parameters: [...further.parameters, limit],
  };
}

export function toDrainingRow([accountId, index, availableMinor]: readonly Cell[]): DrainingRow {
  return { accountId: text(accountId), index: integer(index), availableMinor: exact(availableMinor) };
}
