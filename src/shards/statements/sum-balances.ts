import { type Cell, type Dialect, exact, integer } from '../database';
import type { ShardBalance } from '../shard';
import type { Statement } from './statement';

const LOW = 4294967295n;

/**
 * An account's sums on this shard in one plain read of the primary key's range. No 64-bit sum may overflow: MySQL sums
 * BIGINT as DECIMAL; SQLite would stop with an error, so there each column is summed as two halves of 32 bits.
 */
export function sumBalances(accountId: string, dialect: Dialect): Statement {
  const sum = (column: string): string =>
    dialect === 'mysql'
      ? `COALESCE(SUM(${column}), 0), 0`
      : `COALESCE(SUM(${column} & ${LOW}), 0), COALESCE(SUM(${column} >> 32), 0)`;
  return {
    sql: `SELECT ${['available', 'held', 'net', 'outside_version'].map(sum).join(', ')}, COUNT(*),
        COALESCE(MAX(epoch), 0), COALESCE(SUM(account_status <> 'active'), 0)
      FROM sub_account WHERE account_id = ?`,
    parameters: [accountId],
  };
}

export function toShardBalance(row: readonly Cell[]): ShardBalance {
  const sum = (position: number): bigint => exact(row[position]) + (exact(row[position + 1]) << 32n);
  return {
    availableMinor: sum(0),
    heldMinor: sum(2),
    netMinor: sum(4),
    outsideVersion: sum(6),
    rows: integer(row[8]),
    epochMax: integer(row[9]),
    inactiveRows: integer(row[10]),
  };
}
