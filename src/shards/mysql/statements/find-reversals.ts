import { REVERSAL_COLUMNS } from '../../statements/reversal-row';
import { literal } from './literal';

/** The newest reversal of each deduction: one end of its range of the primary key. Plain reads, no locks. */
export function findNewestReversals(accountId: string, reverses: readonly string[]): string[] {
  return [...new Set(reverses)].map(
    (requestId) =>
      `SELECT ${REVERSAL_COLUMNS} FROM reversal FORCE INDEX (PRIMARY)
       WHERE account_id = ${literal(accountId)} AND request_id = ${literal(requestId)}
       ORDER BY number DESC LIMIT 1`,
  );
}
