import type { Dialect } from '../database';
import type { RowPlace, Scan } from '../ledger-scan';
import { scanPage } from './scan-page';
import type { Statement } from './statement';
import { SUB_ACCOUNT_COLUMNS } from './sub-account-row';

/** Rows by account and index. Plain read; rides on the primary key. */
export function scanSubAccounts(scan: Scan<RowPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: SUB_ACCOUNT_COLUMNS,
      table: 'sub_account',
      index: 'PRIMARY',
      order: ['account_id', 'idx'],
      values: ({ accountId, index }) => [accountId, index],
    },
    scan,
  );
}
