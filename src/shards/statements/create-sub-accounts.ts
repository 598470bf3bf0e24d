import type { SubAccountSeed } from '../../ledger/sub-account';
import type { Dialect } from '../database';
import type { Statement } from './statement';

/**
 * Creates rows that are not there yet, empty, and leaves those that are. Rides on the primary key, in its order, so that
 * two instances creating the same account wait for each other instead of deadlocking.
 */
export function createSubAccounts(seeds: readonly SubAccountSeed[], dialect: Dialect): Statement {
  const rows = [...seeds].sort((a, b) =>
    a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : a.index - b.index,
  );
  const leave =
    dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE idx = sub_account.idx' : 'ON CONFLICT DO NOTHING';
  return {
    sql: `INSERT INTO sub_account (account_id, idx, epoch, account_status, account_status_version, state)
      VALUES ${rows.map(() => '(?, ?, ?, ?, ?, ?)').join(', ')} ${leave}`,
    parameters: rows.flatMap((row) => [
      row.accountId,
      row.index,
      row.epoch,
      row.accountStatus,
      row.accountStatusVersion,
      row.state ?? 'open',
    ]),
  };
}
