import { type Cell, type Dialect, exact, integer, text } from '../database';
import type { PendingDeparture } from '../shard';
import { nowUs } from './now';
import type { Statement } from './statement';

/** Departures not yet marked as arrived, oldest first. Plain read; rides on `transfer_pending`. */
export function pendingDepartures(options: {
  readonly dialect: Dialect;
  readonly limit: number;
  readonly olderThanMs: number;
  readonly toShard?: string;
}): Statement {
  const { dialect, limit, olderThanMs, toShard } = options;
  return {
    sql: `SELECT account_id, transfer_id, amount, from_sub_account, to_sub_account, peer_shard FROM transfer
      WHERE pending = 1 AND created_at_us <= ${nowUs(dialect)} - ? ${toShard === undefined ? '' : 'AND peer_shard = ?'}
      ORDER BY created_at_us LIMIT ?`,
    parameters: [olderThanMs * 1_000, ...(toShard === undefined ? [] : [toShard]), limit],
  };
}

export function toPendingDeparture(row: readonly Cell[], fromShard: string): PendingDeparture {
  return {
    accountId: text(row[0]),
    transferId: text(row[1]),
    amountMinor: exact(row[2]),
    fromSubAccount: integer(row[3]),
    toSubAccount: integer(row[4]),
    toShard: text(row[5]),
    fromShard,
  };
}
