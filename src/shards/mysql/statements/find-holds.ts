import { HOLD_COLUMNS } from '../../statements/hold-row';
import { literal, literalList } from './literal';

const LIST_LENGTH_MAX = 900;

/** Holds of one account by their ids. Plain reads, no locks: their rows are locked. Ride on the primary key. */
export function findHolds(accountId: string, holdIds: readonly string[]): string[] {
  const statements = [];
  for (let from = 0; from < holdIds.length; from += LIST_LENGTH_MAX) {
    statements.push(
      `SELECT ${HOLD_COLUMNS} FROM hold FORCE INDEX (PRIMARY)
       WHERE account_id = ${literal(accountId)}
         AND hold_id IN (${literalList(holdIds.slice(from, from + LIST_LENGTH_MAX))})`,
    );
  }
  return statements;
}
