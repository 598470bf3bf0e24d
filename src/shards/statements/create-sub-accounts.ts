import type { SubAccountSeed } from '../../ledger/sub-account';
import type { Dialect } from '../database';
import type { Statement } from './statement';
import { storedOverLimit, storedStatus } from './sub-account-row';

/**
 * Creates rows that are not there yet, empty, and leaves those that are. Rides on the primary key, in its order, so that
 * two instances creating the same account wait for each other instead of deadlocking. Nothing is made in a database that does
 * not have the shard's incarnation: an empty one is not to get rows that money could be written to. Rows that are there
 * already are counted as written, so that nothing written means just that.
 */
export function createSubAccounts(
  seeds: readonly SubAccountSeed[],
  dialect: Dialect,
  incarnation: string,
): Statement {
  const rows = [...seeds].sort((a, b) =>
    a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : a.index - b.index,
  );
  const leave =
    dialect === 'mysql'
      ? 'ON DUPLICATE KEY UPDATE idx = sub_account.idx'
      : 'ON CONFLICT DO UPDATE SET idx = excluded.idx';
  return {
    sql: `INSERT INTO sub_account (account_id, idx, epoch, account_status, account_status_version, state, over_limit)
      SELECT seed.* FROM (${rows.map((_, n) => seedOf(n)).join(' UNION ALL ')}) AS seed
      WHERE EXISTS (SELECT 1 FROM shard_identity WHERE incarnation = ?) ${leave}`,
    parameters: [
      ...rows.flatMap((row) => [
        row.accountId,
        row.index,
        row.epoch,
        storedStatus(row.accountStatus),
        row.accountStatusVersion,
        row.state ?? 'open',
        storedOverLimit(row.accountStatus),
      ]),
      incarnation,
    ],
  };
}

/** The first names the columns. */
function seedOf(position: number): string {
  return position > 0
    ? 'SELECT ?, ?, ?, ?, ?, ?, ?'
    : 'SELECT ? AS account_id, ? AS idx, ? AS epoch, ? AS account_status, ? AS version, ? AS state, ? AS over_limit';
}
