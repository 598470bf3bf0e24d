import { LEASE_KEYS, LEASE_SECONDS_MAX } from '../../ledger/lease';
import type { Dialect } from '../database';
import { HOLD_COLUMNS } from './hold-row';
import { nowUs } from './now';
import type { Statement } from './statement';

/**
 * Leases of one account that nobody has ended. Plain read; rides on `hold_expiry`, over those open holds of all accounts
 * that expire as soon as leases do: leases that were ended, a row for each flush, are never gone through.
 */
export function openLeases(accountId: string, dialect: Dialect): Statement {
  const index = dialect === 'mysql' ? 'FORCE INDEX (hold_expiry)' : 'INDEXED BY hold_expiry';
  return {
    sql: `SELECT ${HOLD_COLUMNS} FROM hold ${index}
      WHERE state = 'held' AND expires_at_us <= ${nowUs(dialect)} + ?
        AND account_id = ? AND hold_id >= ? AND hold_id < ?`,
    parameters: [2 * LEASE_SECONDS_MAX * 1_000_000, accountId, LEASE_KEYS.from, LEASE_KEYS.to],
  };
}
