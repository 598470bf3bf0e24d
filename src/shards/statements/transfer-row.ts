import type { Arrival, Departure, Transfer } from '../../ledger/transfer';
import { type Cell, exact, integer, text } from '../database';

/** A half of a transfer as it is selected wherever one is read. */
export const TRANSFER_COLUMNS =
  'account_id, transfer_id, amount, from_sub_account, to_sub_account, peer_shard';

/** Reads a departure selected as `TRANSFER_COLUMNS`. */
export function toDeparture(row: readonly Cell[]): Departure {
  return { ...toTransfer(row), toShard: text(row[5]) };
}

/** Reads an arrival selected as `TRANSFER_COLUMNS`. */
export function toArrival(row: readonly Cell[]): Arrival {
  return { ...toTransfer(row), fromShard: text(row[5]) };
}

function toTransfer(row: readonly Cell[]): Transfer {
  return {
    accountId: text(row[0]),
    transferId: text(row[1]),
    amountMinor: exact(row[2]),
    fromSubAccount: integer(row[3]),
    toSubAccount: integer(row[4]),
  };
}
