import type { Cell, Dialect, Parameter } from '../database';
import type { DepartureQuery, PendingDeparture } from '../shard';
import { behind } from './behind';
import { statementUs } from './now';
import type { Statement } from './statement';
import { toDeparture, TRANSFER_COLUMNS } from './transfer-row';

/**
 * Departures not yet marked as arrived, by destination, account and id. Plain read; rides on `transfer_undelivered`: what
 * waits for other destinations, or of other accounts, is not gone through.
 */
export function pendingDepartures(query: DepartureQuery, dialect: Dialect): Statement {
  const { limit, olderThanMs, toShards, accountId } = query;
  // Without any bound SQLite would go through the index from its beginning: the same rows, but no search.
  const after = query.after ?? (toShards === undefined ? BEGINNING : undefined);
  const conditions = ['pending = 1'];
  const parameters: Parameter[] = [];
  if (toShards !== undefined) {
    conditions.push(`peer_shard IN (${toShards.map(() => '?').join(', ')})`);
    parameters.push(...toShards);
  }
  if (accountId !== undefined) {
    conditions.push('account_id = ?');
    parameters.push(accountId);
  }
  if (after !== undefined) {
    const further = behind(
      dialect,
      ['peer_shard', 'account_id', 'transfer_id'],
      [after.toShard, after.accountId, after.transferId],
    );
    conditions.push(further.sql);
    parameters.push(...further.parameters);
  }
  // A departure from the time to come was written while the clock was ahead: its age is not known, and it may be old.
  const now = statementUs(dialect);
  conditions.push(`(created_at_us <= ${now} - ? OR created_at_us > ${now} + ?)`);
  parameters.push(olderThanMs * 1_000, olderThanMs * 1_000);
  return {
    sql: `SELECT ${TRANSFER_COLUMNS} FROM transfer ${indexOf(dialect)} WHERE ${conditions.join(' AND ')}
      ORDER BY peer_shard, account_id, transfer_id LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

/** How many departures wait for a destination, up to a bound. Plain read of nothing but `transfer_undelivered`. */
export function countDepartures(toShard: string, countMax: number, dialect: Dialect): Statement {
  return {
    sql: `SELECT COUNT(*) FROM (SELECT 1 FROM transfer ${indexOf(dialect)}
      WHERE pending = 1 AND peer_shard = ? LIMIT ?) AS waiting`,
    parameters: [toShard, countMax],
  };
}

export function toPendingDeparture(row: readonly Cell[], fromShard: string): PendingDeparture {
  return { ...toDeparture(row), fromShard };
}

const BEGINNING = { toShard: '', accountId: '', transferId: '' };

function indexOf(dialect: Dialect): string {
  return dialect === 'mysql' ? 'FORCE INDEX (transfer_undelivered)' : 'INDEXED BY transfer_undelivered';
}
