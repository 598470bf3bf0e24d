import type { Cell, Dialect, Parameter } from '../database';
import type { PendingDeparture } from '../shard';
import { nowUs } from './now';
import type { Statement } from './statement';
import { toDeparture, TRANSFER_COLUMNS } from './transfer-row';

/** Departures not yet marked as arrived, oldest first. Plain read; rides on `transfer_pending`. */
export function pendingDepartures(options: {
  readonly dialect: Dialect;
  readonly limit: number;
  readonly olderThanMs: number;
  readonly toShard?: string;
  readonly accountId?: string;
}): Statement {
  const { dialect, limit, olderThanMs, toShard, accountId } = options;
  const parameters: Parameter[] = [olderThanMs * 1_000];
  let only = '';
  if (toShard !== undefined) {
    only += ' AND peer_shard = ?';
    parameters.push(toShard);
  }
  if (accountId !== undefined) {
    only += ' AND account_id = ?';
    parameters.push(accountId);
  }
  return {
    sql: `SELECT ${TRANSFER_COLUMNS} FROM transfer
      WHERE pending = 1 AND created_at_us <= ${nowUs(dialect)} - ? ${only}
      ORDER BY created_at_us LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

export function toPendingDeparture(row: readonly Cell[], fromShard: string): PendingDeparture {
  return { ...toDeparture(row), fromShard };
}
