import type { Payment } from '../../ledger/payment';
import { type Cell, exact, hex, integer, text, textOrNull } from '../database';

export const PAYMENT_COLUMNS =
  'account_id, request_id, sub_account, amount, fingerprint, reference, metadata, created_at_us, to_account, to_shard, ' +
  'to_sub_account';

/** Reads a row selected as `PAYMENT_COLUMNS`. */
export function toPayment(row: readonly Cell[]): Payment {
  return {
    accountId: text(row[0]),
    requestId: text(row[1]),
    subAccount: integer(row[2]),
    amountMinor: exact(row[3]),
    fingerprint: hex(row[4]),
    reference: textOrNull(row[5] ?? null),
    metadata: textOrNull(row[6] ?? null),
    createdAtUs: integer(row[7]),
    payee: { accountId: text(row[8]), shard: text(row[9]), subAccount: integer(row[10]) },
  };
}
