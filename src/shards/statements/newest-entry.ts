import type { Statement } from './statement';

/** The time of the account's newest entry, marks of holds included. One row from the end of the clustered index. */
export function newestEntry(accountId: string): Statement {
  return {
    sql: `SELECT created_at_us FROM entry WHERE account_id = ?
      ORDER BY created_at_us DESC, sub_account DESC, version DESC LIMIT 1`,
    parameters: [accountId],
  };
}
