import type { Dialect } from '../database';
import type { ReversalPlace, Scan } from '../ledger-scan';
import { REVERSAL_COLUMNS } from './reversal-row';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

/** Reversals by account, deduction and number. Plain read; rides on the primary key. */
export function scanReversals(scan: Scan<ReversalPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: REVERSAL_COLUMNS,
      table: 'reversal',
      index: 'PRIMARY',
      order: ['account_id', 'request_id', 'number'],
      values: ({ accountId, reverses, number }) => [accountId, reverses, number],
    },
    scan,
  );
}
