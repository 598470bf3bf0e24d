import type { Dialect } from '../database';
import type { IntakePlace, Scan } from '../ledger-scan';
import { INTAKE_COLUMNS } from './intake-row';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

/** What was received, by account and request id. Plain read; rides on the primary key. */
export function scanIntakes(scan: Scan<IntakePlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: INTAKE_COLUMNS,
      table: 'intake',
      index: 'PRIMARY',
      order: ['account_id', 'request_id'],
      values: ({ accountId, requestId }) => [accountId, requestId],
    },
    scan,
  );
}
