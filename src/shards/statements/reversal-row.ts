import type { Reversal } from '../../ledger/reversal';
import { type Cell, exact, integer, text } from '../database';

export const REVERSAL_COLUMNS = 'account_id, request_id, number, reversed, sub_account, version';

/** Reads a row selected as `REVERSAL_COLUMNS`. */
export function toReversal(row: readonly Cell[]): Reversal {
  return {
    accountId: text(row[0]),
    reverses: text(row[1]),
    number: integer(row[2]),
    reversedMinor: exact(row[3]),
    subAccount: integer(row[4]),
    version: integer(row[5]),
  };
}
