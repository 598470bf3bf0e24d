import type { Departure } from '../../ledger/transfer';
import { type Cell, exact, integer, text } from '../database';

/** A departure as it is selected wherever one is read. */
export const DEPARTURE_COLUMNS =
  'account_id, transfer_id, amount, from_sub_account, to_sub_account, peer_shard';

/** Reads a row selected as `DEPARTURE_COLUMNS`. */
export function toDeparture(row: readonly Cell[]): Departure {
  return {
    accountId: text(row[0]),
    transferId: text(row[1]),
    amountMinor: exact(row[2]),
    fromSubAccount: integer(row[3]),
    toSubAccount: integer(row[4]),
    toShard: text(row[5]),
  };
}
