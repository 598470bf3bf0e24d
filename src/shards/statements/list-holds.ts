import { LEASE_KEYS } from '../../ledger/lease';
import type { Dialect, Parameter } from '../database';
import type { HoldQuery } from '../shard';
import { HOLD_COLUMNS } from './hold-row';
import type { Statement } from './statement';

/** What the partial index `hold_settled` of SQLite covers. SQLite uses the index only for a statement that says the same. */
export const HELD_NO_MORE = [
  `state <> 'held'`,
  `(hold_id < '${LEASE_KEYS.from}' OR hold_id >= '${LEASE_KEYS.to}')`,
] as const;

/** A range of hold ids without the leases among them, of which an account may have millions. */
export interface HoldStretch {
  readonly from: string;
  readonly isFromIncluded: boolean;
  /** Exclusive; `undefined` for the last stretch. */
  readonly to: string | undefined;
}

/** The ranges in which the rest of a list lies: before the leases and behind them. */
export function stretchesOf({ from }: Pick<HoldQuery, 'from'>): HoldStretch[] {
  const { holdId, isIncluded } = from ?? { holdId: '', isIncluded: false };
  const behind: HoldStretch = { from: LEASE_KEYS.to, isFromIncluded: true, to: undefined };
  if (holdId >= LEASE_KEYS.to) return [{ from: holdId, isFromIncluded: isIncluded, to: undefined }];
  return [{ from: holdId, isFromIncluded: isIncluded, to: LEASE_KEYS.from }, behind];
}

/**
 * Holds of one account by their ids, of one state or of all. Plain read of a range of an index: `hold_open`, on SQLite
 * `hold_settled` for those that do not stand any more, and the primary key for all states.
 */
export function listHolds(query: HoldQuery, stretch: HoldStretch, dialect: Dialect): Statement {
  const { accountId, status, limit } = query;
  const conditions = ['account_id = ?'];
  const parameters: Parameter[] = [accountId];
  if (status !== undefined) conditions.push(`state = '${status}'`);
  if (dialect === 'sqlite' && status !== undefined && status !== 'held') conditions.push(...HELD_NO_MORE);
  conditions.push(stretch.isFromIncluded ? 'hold_id >= ?' : 'hold_id > ?');
  parameters.push(stretch.from);
  if (stretch.to !== undefined) {
    conditions.push('hold_id < ?');
    parameters.push(stretch.to);
  }
  return {
    sql: `SELECT ${HOLD_COLUMNS} FROM hold ${indexFor(status, dialect)}
      WHERE ${conditions.join(' AND ')} ORDER BY hold_id LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

function indexFor(status: HoldQuery['status'], dialect: Dialect): string {
  if (dialect === 'mysql') return `FORCE INDEX (${status === undefined ? 'PRIMARY' : 'hold_open'})`;
  if (status === undefined) return '';
  return `INDEXED BY ${status === 'held' ? 'hold_open' : 'hold_settled'}`;
}
