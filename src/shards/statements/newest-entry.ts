import type { Dialect } from '../database';
import { MARKS_FROM_US } from '../entry-place';
import { IN_PLACE_ORDER } from './list-entries';
import type { Statement } from './statement';

/** The time of the account's newest listed entry. One row from the clustered index, where the marks of holds begin. */
export function newestEntry(accountId: string, dialect: Dialect): Statement {
  return {
    sql: `SELECT created_at_us FROM entry ${IN_PLACE_ORDER[dialect]} WHERE account_id = ? AND created_at_us < ${MARKS_FROM_US}
      ORDER BY created_at_us DESC, sub_account DESC, version DESC LIMIT 1`,
    parameters: [accountId],
  };
}
