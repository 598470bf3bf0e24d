import { INTAKE_COLUMNS } from '../../statements/intake-row';
import { literal, literalList } from './literal';

const LIST_LENGTH_MAX = 900;

/** What was received under some keys of one account. Plain reads, no locks. Ride on the primary key. */
export function findIntakes(accountId: string, requestIds: readonly string[]): string[] {
  const statements = [];
  for (let from = 0; from < requestIds.length; from += LIST_LENGTH_MAX) {
    statements.push(
      `SELECT ${INTAKE_COLUMNS} FROM intake FORCE INDEX (PRIMARY)
       WHERE account_id = ${literal(accountId)}
         AND request_id IN (${literalList(requestIds.slice(from, from + LIST_LENGTH_MAX))})`,
    );
  }
  return statements;
}
