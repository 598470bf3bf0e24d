import type { DeductCommand } from '../../ledger/command';
import { NET_MIN_MINOR } from '../../ledger/money';
import type { Statement } from '../../shards/statements/statement';

/**
 * Sets a balance that was computed from one read without a lock, if the row still has the balance that was read.
 * Everything else is changed by what it is and not by what it was: a balance that went away and came back (ABA) passes
 * the comparison, and then the deduction is right on it too. Alike on both dialects.
 *
 * Locks: X on the row, by the primary key.
 */
const SQL = `UPDATE sub_account
  SET available = ?, net = net - ?, version = version + 1, outside_version = outside_version + 1
  WHERE account_id = ? AND idx = ? AND available = ? AND net >= ? AND epoch <= ? AND account_status = 'active' AND state = 'open'`;

export function writeIfBalance(command: DeductCommand, readMinor: bigint): Statement {
  const { accountId, subAccount, amountMinor, epoch } = command;
  return {
    sql: SQL,
    parameters: [
      readMinor - amountMinor,
      amountMinor,
      accountId,
      subAccount,
      readMinor,
      NET_MIN_MINOR + amountMinor,
      epoch,
    ],
  };
}
