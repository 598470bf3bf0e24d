import { type Cell, type Dialect, integer, type Parameter, text } from '../database';
import type { ExpiredHold } from '../shard';
import { behind } from './behind';
import { statementUs } from './now';
import type { Statement } from './statement';

/**
 * Holds whose time is over, by the database's clock, the longest over first. Plain read; rides on `hold_expiry`. The
 * sub-account of a hold never changes; whether it is still held is decided under the row's lock.
 */
export function expiredHolds(
  { limit, after }: { readonly limit: number; readonly after?: ExpiredHold | undefined },
  dialect: Dialect,
): Statement {
  const index = dialect === 'mysql' ? 'FORCE INDEX (hold_expiry)' : 'INDEXED BY hold_expiry';
  const conditions = [`state = 'held'`, `expires_at_us <= ${statementUs(dialect)}`];
  const parameters: Parameter[] = [];
  if (after) {
    const further = behind(
      dialect,
      ['expires_at_us', 'account_id', 'hold_id'],
      [after.expiresAtUs, after.accountId, after.holdId],
    );
    conditions.push(further.sql);
    parameters.push(...further.parameters);
  }
  return {
    sql: `SELECT account_id, hold_id, sub_account, expires_at_us FROM hold ${index}
      WHERE ${conditions.join(' AND ')} ORDER BY expires_at_us, account_id, hold_id LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

export function toExpiredHold([accountId, holdId, subAccount, expiresAtUs]: readonly Cell[]): ExpiredHold {
  return {
    accountId: text(accountId),
    holdId: text(holdId),
    subAccount: integer(subAccount),
    expiresAtUs: integer(expiresAtUs),
  };
}
