import type { Dialect } from '../database';
import type { HoldPlace, Scan } from '../ledger-scan';
import { HOLD_COLUMNS } from './hold-row';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

/** Holds by account and id. Plain read; rides on the primary key. */
export function scanHolds(scan: Scan<HoldPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: HOLD_COLUMNS,
      table: 'hold',
      index: 'PRIMARY',
      order: ['account_id', 'hold_id'],
      values: ({ accountId, holdId }) => [accountId, holdId],
    },
    scan,
  );
}
