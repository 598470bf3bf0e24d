import { READ_ENTRY_COLUMNS } from '../../statements/entry-row';
import { literal, literalList } from './literal';

const LIST_LENGTH_MAX = 900;

/**
 * Committed entries under some keys of one account. Plain reads, no locks; under READ COMMITTED each sees what is
 * committed when it runs. Rides on the unique index `entry_request`.
 */
export function findEntries(accountId: string, requestIds: readonly string[]): string[] {
  const statements = [];
  for (let from = 0; from < requestIds.length; from += LIST_LENGTH_MAX) {
    statements.push(
      `SELECT ${READ_ENTRY_COLUMNS} FROM entry FORCE INDEX (entry_request)
       WHERE account_id = ${literal(accountId)}
         AND request_id IN (${literalList(requestIds.slice(from, from + LIST_LENGTH_MAX))})`,
    );
  }
  return statements;
}
