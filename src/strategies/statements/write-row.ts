import type { SubAccount } from '../../ledger/sub-account';
import type { Statement } from '../../shards/statements/statement';

/**
 * Writes what a deduction made of a row that this transaction has locked. Alike on both dialects.
 *
 * Locks: the row is locked already. Rides on the primary key.
 */
const SQL = `UPDATE sub_account SET available = ?, net = ?, version = ?, outside_version = ?
  WHERE account_id = ? AND idx = ?`;

export function writeRow(row: SubAccount): Statement {
  const { availableMinor, netMinor, version, outsideVersion, accountId, index } = row;
  return { sql: SQL, parameters: [availableMinor, netMinor, version, outsideVersion, accountId, index] };
}
