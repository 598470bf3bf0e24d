import type { DeductCommand } from '../../ledger/command';
import { NET_MIN_MINOR } from '../../ledger/money';
import type { Dialect } from '../../shards/database';
import { nowUs } from '../../shards/statements/now';
import type { Statement } from '../../shards/statements/statement';

/**
 * Takes the amount if the row can pay it: check and decrement are one step, so there is no moment between them. Alike on
 * both dialects. A row whose `net` would wrap is left to a lane, which computes in code.
 *
 * Locks: X on the row, by the primary key; under READ COMMITTED it is let go of again when the row does not match.
 */
const SQL = `UPDATE sub_account
  SET available = available - ?, net = net - ?, version = version + 1, outside_version = outside_version + 1
  WHERE account_id = ? AND idx = ? AND available >= ? AND net >= ? AND epoch <= ? AND account_status = 'active' AND state = 'open'`;

export function takeIfEnough(command: DeductCommand): Statement {
  const { accountId, subAccount, amountMinor, epoch } = command;
  const netMinMinor = NET_MIN_MINOR + amountMinor;
  return {
    sql: SQL,
    parameters: [amountMinor, amountMinor, accountId, subAccount, amountMinor, netMinMinor, epoch],
  };
}

const TAKEN: Readonly<Record<Dialect, string>> = {
  mysql: `SELECT version, epoch, ${nowUs('mysql')} FROM sub_account WHERE account_id = ? AND idx = ?`,
  sqlite: `SELECT version, epoch, ${nowUs('sqlite')} FROM sub_account WHERE account_id = ? AND idx = ?`,
};

/** What an UPDATE in the same transaction made of the row: its version and epoch, and the clock after its lock. */
export function readTaken({ accountId, subAccount }: DeductCommand, dialect: Dialect): Statement {
  return { sql: TAKEN[dialect], parameters: [accountId, subAccount] };
}
