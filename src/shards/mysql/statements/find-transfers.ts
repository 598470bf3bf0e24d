import { TRANSFER_COLUMNS } from '../../statements/transfer-row';
import { literal, literalList } from './literal';

const LIST_LENGTH_MAX = 900;

/** Transfers of one account that are written here, as they left or as they arrived. Plain reads; ride on the primary key. */
export function findTransfers(
  accountId: string,
  transferIds: readonly string[],
  direction: 'in' | 'out',
): string[] {
  const statements = [];
  for (let from = 0; from < transferIds.length; from += LIST_LENGTH_MAX) {
    statements.push(
      `SELECT ${TRANSFER_COLUMNS} FROM transfer FORCE INDEX (PRIMARY)
       WHERE account_id = ${literal(accountId)}
         AND transfer_id IN (${literalList(transferIds.slice(from, from + LIST_LENGTH_MAX))})
         AND direction = '${direction}'`,
    );
  }
  return statements;
}
