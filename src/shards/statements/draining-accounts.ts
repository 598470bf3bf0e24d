import type { Statement } from './statement';

/** Accounts that have draining rows with money to move: holds stay. Plain read; rides on the index over `state`. */
export function drainingAccounts(page: { readonly after: string; readonly limit: number }): Statement {
  return {
    sql: `SELECT DISTINCT account_id FROM sub_account WHERE state = 'draining' AND available > 0 AND account_id > ?
      ORDER BY account_id LIMIT ?`,
    parameters: [page.after, page.limit],
  };
}
