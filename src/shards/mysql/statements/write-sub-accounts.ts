import type { SubAccount } from '../../../ledger/sub-account';
import { storedOverLimit, storedStatus, SUB_ACCOUNT_COLUMNS } from '../../statements/sub-account-row';
import { type Guard, guardFirst, UNGUARDED } from './guard';
import { literal } from './literal';

/**
 * Writes rows that this transaction has locked, with the values the state machine computed.
 *
 * Every row exists and is X-locked, so the statement always takes the update branch; it is the one form that writes many
 * rows at once on MySQL and MariaDB alike. Rides on the primary key.
 */
export function writeSubAccounts(rows: readonly SubAccount[], guard = UNGUARDED): string {
  const values = rows.map((row, at) => subAccountValues(row, guardFirst(guard, at)));
  return `INSERT INTO sub_account (${SUB_ACCOUNT_COLUMNS}) VALUES ${values.join(',')}
    ON DUPLICATE KEY UPDATE available = VALUES(available), held = VALUES(held), net = VALUES(net),
      moved = VALUES(moved), epoch = VALUES(epoch), version = VALUES(version),
      outside_version = VALUES(outside_version), account_status = VALUES(account_status),
      account_status_version = VALUES(account_status_version), state = VALUES(state), operation = VALUES(operation),
      granted = VALUES(granted), grant_version = VALUES(grant_version), over_limit = VALUES(over_limit)`;
}

function subAccountValues(row: SubAccount, guard: Guard): string {
  return (
    `(${guard(literal(row.accountId))},${row.index},${row.availableMinor},${row.heldMinor},${row.netMinor},${row.movedMinor},` +
    `${row.epoch},${row.version},${row.outsideVersion},'${storedStatus(row.accountStatus)}',${row.accountStatusVersion},` +
    `'${row.state}',${row.operation},${row.grantedMinor},${row.grantVersion},${storedOverLimit(row.accountStatus)})`
  );
}
