import { type Cell, exact, integer, text } from '../database';
import type { AccountStatus, SubAccount, SubAccountState } from '../../ledger/sub-account';

export const SUB_ACCOUNT_COLUMNS =
  'account_id, idx, available, held, net, moved, epoch, version, outside_version, ' +
  'account_status, account_status_version, state, operation';

/** Reads a row selected as `SUB_ACCOUNT_COLUMNS`. */
export function toSubAccount(row: readonly Cell[]): SubAccount {
  return {
    accountId: text(row[0]),
    index: integer(row[1]),
    availableMinor: exact(row[2]),
    heldMinor: exact(row[3]),
    netMinor: exact(row[4]),
    movedMinor: exact(row[5]),
    epoch: integer(row[6]),
    version: integer(row[7]),
    outsideVersion: integer(row[8]),
    accountStatus: text(row[9]) as AccountStatus,
    accountStatusVersion: integer(row[10]),
    state: text(row[11]) as SubAccountState,
    operation: integer(row[12]),
  };
}
