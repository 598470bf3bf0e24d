import type { Placement } from '../../ledger/routing';
import type { AccountStatus } from '../../ledger/sub-account';
import { type Cell, exact, hex, integer, text } from '../database';

/** An account as the directory knows it. */
export interface AccountRecord {
  readonly accountId: string;
  readonly asset: string;
  readonly status: AccountStatus;
  readonly statusVersion: number;
  readonly strategy: string;
  readonly subAccounts: number;
  readonly placement: Placement;
  /** Rises with every change of the account; its ETag. */
  readonly revision: number;
  readonly lowBalanceMinor: bigint | null;
  readonly openingBalanceMinor: bigint | null;
  /** `creating` until the opening balance stands. */
  readonly creation: 'creating' | 'done';
  /** Hash of what its creator asked for (32 hex digits). */
  readonly fingerprint: string;
  readonly createdAtUs: number;
}

export const ACCOUNT_COLUMNS =
  'account_id, asset, status, status_version, strategy, sub_accounts, epoch, shards, revision, low_balance, ' +
  'opening_balance, creation, fingerprint, created_at_us';

/** Reads a row selected as `ACCOUNT_COLUMNS`. */
export function toAccountRecord(row: readonly Cell[]): AccountRecord {
  const amount = (cell: Cell | undefined): bigint | null => (cell === null ? null : exact(cell));
  return {
    accountId: text(row[0]),
    asset: text(row[1]),
    status: text(row[2]) as AccountStatus,
    statusVersion: integer(row[3]),
    strategy: text(row[4]),
    subAccounts: integer(row[5]),
    placement: { epoch: integer(row[6]), shards: text(row[7]).split(',') },
    revision: integer(row[8]),
    lowBalanceMinor: amount(row[9]),
    openingBalanceMinor: amount(row[10]),
    creation: text(row[11]) as AccountRecord['creation'],
    fingerprint: hex(row[12]),
    createdAtUs: integer(row[13]),
  };
}
