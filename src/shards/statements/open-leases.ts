import { LEASE_KEYS } from '../../ledger/lease';
import type { Dialect } from '../database';
import { HOLD_COLUMNS } from './hold-row';
import type { Statement } from './statement';

/**
 * Leases of one account that nobody has ended. Plain read; rides on `hold_open`: neither the account's other holds nor
 * its leases that were ended, a row for each flush, are gone through.
 */
export function openLeases(accountId: string, dialect: Dialect): Statement {
  const index = dialect === 'mysql' ? 'FORCE INDEX (hold_open)' : 'INDEXED BY hold_open';
  return {
    sql: `SELECT ${HOLD_COLUMNS} FROM hold ${index}
      WHERE account_id = ? AND state = 'held' AND hold_id >= ? AND hold_id < ?`,
    parameters: [accountId, LEASE_KEYS.from, LEASE_KEYS.to],
  };
}
