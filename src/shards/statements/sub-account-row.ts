import { type Cell, exact, integer, text } from '../database';
import type { AccountStatus, RowStatus, SubAccount, SubAccountState } from '../../ledger/sub-account';

export const SUB_ACCOUNT_COLUMNS =
  'account_id, idx, available, held, net, moved, epoch, version, outside_version, ' +
  'account_status, account_status_version, state, operation, granted, grant_version, over_limit';

/** Reads a row selected as `SUB_ACCOUNT_COLUMNS`. */
export function toSubAccount(row: readonly Cell[]): SubAccount {
  return {
    accountId: text(row[0]),
    index: integer(row[1]),
    availableMinor: exact(row[2]),
    heldMinor: exact(row[3]),
    netMinor: exact(row[4]),
    movedMinor: exact(row[5]),
    grantedMinor: exact(row[13]),
    grantVersion: integer(row[14]),
    epoch: integer(row[6]),
    version: integer(row[7]),
    outsideVersion: integer(row[8]),
    accountStatus: integer(row[15]) === 0 ? (text(row[9]) as AccountStatus) : 'overLimit',
    accountStatusVersion: integer(row[10]),
    state: text(row[11]) as SubAccountState,
    operation: integer(row[12]),
  };
}

/** `account_status` as it is stored: builds that know no credit lines take a row above its limit for a frozen one. */
export function storedStatus(status: RowStatus): AccountStatus {
  return status === 'overLimit' ? 'frozen' : status;
}

/** `over_limit` as it is stored. */
export function storedOverLimit(status: RowStatus): 0 | 1 {
  return status === 'overLimit' ? 1 : 0;
}
