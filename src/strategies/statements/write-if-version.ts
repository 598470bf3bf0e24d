import type { SubAccount } from '../../ledger/sub-account';
import type { Dialect } from '../../shards/database';
import { nowUs } from '../../shards/statements/now';
import type { Statement } from '../../shards/statements/statement';

/**
 * Writes what was computed from a row that was read without a lock, if nobody has changed the row since: every change
 * raises its version, those of status and epoch too. Alike on both dialects.
 *
 * Locks: X on the row, by the primary key.
 */
const SQL = `UPDATE sub_account SET available = ?, net = ?, version = ?, outside_version = ?
  WHERE account_id = ? AND idx = ? AND version = ? AND epoch = ? AND account_status = 'active'`;

/** @param after of a row that had the version before it when it was read */
export function writeIfVersion(after: SubAccount): Statement {
  const { availableMinor, netMinor, version, outsideVersion, accountId, index, epoch } = after;
  return {
    sql: SQL,
    parameters: [availableMinor, netMinor, version, outsideVersion, accountId, index, version - 1, epoch],
  };
}

const CLOCK: Readonly<Record<Dialect, Statement>> = {
  mysql: { sql: `SELECT ${nowUs('mysql')}`, parameters: [] },
  sqlite: { sql: `SELECT ${nowUs('sqlite')}`, parameters: [] },
};

/** The database's clock. */
export function readClock(dialect: Dialect): Statement {
  return CLOCK[dialect];
}
