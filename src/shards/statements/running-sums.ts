import { type RunningSum, sumsIn, sumsText } from '../../ledger/running-sum';
import { type Cell, type Dialect, integer, text } from '../database';
import type { RunningSumPlace, Scan } from '../ledger-scan';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

const COLUMNS = 'account_id, created_at_us, sub_account, version, sums';
const ORDER = ['account_id', 'created_at_us', 'sub_account', 'version'] as const;

/** The newest running sum of entries before a moment. Plain read of one row from the primary key. */
export function findRunningSum(accountId: string, beforeUs: number): Statement {
  return {
    sql: `SELECT ${COLUMNS} FROM running_sum WHERE account_id = ? AND created_at_us < ?
      ORDER BY created_at_us DESC, sub_account DESC, version DESC LIMIT 1`,
    parameters: [accountId, beforeUs],
  };
}

/** Keeps a running sum. Locks: the new row, in a transaction of its own. */
export function insertRunningSum({
  accountId,
  createdAtUs,
  subAccount,
  version,
  sums,
}: RunningSum): Statement {
  return {
    sql: `INSERT INTO running_sum (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
    parameters: [accountId, createdAtUs, subAccount, version, sumsText(sums)],
  };
}

/** Deletes running sums of an account, which are made again when they are asked for. Locks: those rows; rides on the primary key. */
export function deleteRunningSums(accountId: string): Statement {
  return { sql: 'DELETE FROM running_sum WHERE account_id = ?', parameters: [accountId] };
}

/** Running sums by account and entry. Plain read; rides on the primary key. */
export function scanRunningSums(scan: Scan<RunningSumPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: COLUMNS,
      table: 'running_sum',
      index: 'PRIMARY',
      order: ORDER,
      values: (place) => [place.accountId, place.createdAtUs, place.subAccount, place.version],
    },
    scan,
  );
}

export function toRunningSum(row: readonly Cell[]): RunningSum {
  return {
    accountId: text(row[0]),
    createdAtUs: integer(row[1]),
    subAccount: integer(row[2]),
    version: integer(row[3]),
    sums: sumsIn(text(row[4])),
  };
}
