import type { Dialect } from '../database';
import { nowUs } from './now';
import type { Statement } from './statement';

/**
 * Holds whose time is over, by the database's clock, the longest over first. Plain read; rides on `hold_expiry`. The
 * sub-account of a hold never changes; whether it is still held is decided under the row's lock.
 */
export function expiredHolds({ dialect, limit }: { dialect: Dialect; limit: number }): Statement {
  const index = dialect === 'mysql' ? 'FORCE INDEX (hold_expiry)' : 'INDEXED BY hold_expiry';
  return {
    sql: `SELECT account_id, hold_id, sub_account FROM hold ${index}
      WHERE state = 'held' AND expires_at_us <= ${nowUs(dialect)} ORDER BY expires_at_us LIMIT ?`,
    parameters: [limit],
  };
}
