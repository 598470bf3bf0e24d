import type { FeedRange } from '../../ledger/feed-change';
import type { Dialect } from '../database';
import { READ_ENTRY_COLUMNS } from './entry-row';
import { IN_PLACE_ORDER } from './list-entries';
import type { Statement } from './statement';

/**
 * The entries of some accounts in stretches of time: those that the ranges name, and those that other transactions wrote
 * meanwhile. Plain read; each stretch is a range of the primary key.
 */
export function findWritten(ranges: readonly Omit<FeedRange, 'versions'>[], dialect: Dialect): Statement {
  const stretch = '(account_id = ? AND created_at_us >= ? AND created_at_us <= ?)';
  return {
    sql: `SELECT ${READ_ENTRY_COLUMNS} FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${ranges.map(() => stretch).join(' OR ')}`,
    parameters: ranges.flatMap(({ accountId, fromUs, toUs }) => [accountId, fromUs, toUs]),
  };
}
