import { type Cell, type Dialect, exact, integer } from '../database';
import type { ShardBalance } from '../shard';
import { paddedList } from '../padded-list';
import type { Statement } from './statement';

const LOW = 4294967295n;

/**
 * The sums of some accounts on this shard, a row for each that has any, in one plain read of as many ranges of the primary
 * key. No 64-bit sum may overflow: MySQL sums BIGINT as DECIMAL; SQLite would stop with an error, so there each column is
 * summed as two halves of 32 bits.
 */
export function sumBalances(accountIds: readonly string[], dialect: Dialect): Statement {
  const ids = paddedList(accountIds);
  const sum = (column: string): string =>
    dialect === 'mysql' ? `SUM(${column}), 0` : `SUM(${column} & ${LOW}), SUM(${column} >> 32)`;
  return {
    sql: `SELECT ${['available', 'held', 'net', 'outside_version', 'granted'].map(sum).join(', ')}, COUNT(*),
        MAX(epoch), SUM(account_status <> 'active'), SUM(over_limit), account_id
      FROM sub_account WHERE account_id IN (${placeholders(ids)}) GROUP BY account_id`,
    parameters: ids,
  };
}

/** Finds a row where any of the accounts has one. */
export function anyRowOf(accountIds: readonly string[]): Statement {
  const ids = paddedList(accountIds);
  return { sql: `SELECT 1 FROM sub_account WHERE account_id IN (${placeholders(ids)})`, parameters: ids };
}

/** What an account that has no rows on a shard has there. */
export const NO_BALANCE: ShardBalance = {
  availableMinor: 0n,
  heldMinor: 0n,
  netMinor: 0n,
  outsideVersion: 0n,
  grantedMinor: 0n,
  rows: 0,
  epochMax: 0,
  inactiveRows: 0,
  overLimitRows: 0,
};

export function toShardBalance(row: readonly Cell[]): ShardBalance {
  const sum = (position: number): bigint => exact(row[position]) + (exact(row[position + 1]) << 32n);
  return {
    availableMinor: sum(0),
    heldMinor: sum(2),
    netMinor: sum(4),
    outsideVersion: sum(6),
    grantedMinor: sum(8),
    rows: integer(row[10]),
    epochMax: integer(row[11]),
    inactiveRows: integer(row[12]),
    overLimitRows: integer(row[13]),
  };
}

function placeholders(ids: readonly string[]): string {
  return ids.map(() => '?').join(', ');
}

export function accountOf(row: readonly Cell[]): string {
  return String(row[14]);
}
