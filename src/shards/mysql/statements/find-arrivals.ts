import { literal, literalList } from './literal';

/** Which transfers into one account have arrived here. Plain read; rides on the primary key. */
export function findArrivals(accountId: string, transferIds: readonly string[]): string {
  return `SELECT account_id, transfer_id FROM transfer FORCE INDEX (PRIMARY)
    WHERE account_id = ${literal(accountId)} AND transfer_id IN (${literalList(transferIds)}) AND direction = 'in'`;
}
