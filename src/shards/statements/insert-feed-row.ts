import type { NewFeedRow } from '../feed/feed-row';
import type { Statement } from './statement';

/**
 * Leaves a row for the feed, in the transaction whose entries it tells of. Its id is given under the locks of that
 * transaction's sub-accounts: of two rows that tell of one sub-account, the later has the higher id.
 *
 * Locks: the new row. InnoDB gives the id without waiting for other transactions.
 */
export function insertFeedRow({ createdAtUs, changes }: NewFeedRow): Statement {
  return {
    sql: 'INSERT INTO feed (created_at_us, changes) VALUES (?, ?)',
    parameters: [createdAtUs, changes],
  };
}
