import type { Statement } from './statement';

/** Marks departures as arrived. Locks only the transfers' own rows; rides on the primary key. */
export function completeTransfers(
  transfers: readonly { accountId: string; transferId: string }[],
): Statement {
  return {
    sql: `UPDATE transfer SET pending = NULL
      WHERE ${transfers.map(() => `(account_id = ? AND transfer_id = ? AND direction = 'out')`).join(' OR ')}`,
    parameters: transfers.flatMap((transfer) => [transfer.accountId, transfer.transferId]),
  };
}
