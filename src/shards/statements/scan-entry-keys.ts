import { type Cell, type Dialect, text } from '../database';
import type { EntryKeyPlace, Scan } from '../ledger-scan';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

/** Request ids by account. Plain read of nothing but the unique index `entry_request`. */
export function scanEntryKeys(scan: Scan<EntryKeyPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: 'account_id, request_id',
      table: 'entry',
      index: 'entry_request',
      order: ['account_id', 'request_id'],
      values: ({ accountId, requestId }) => [accountId, requestId],
    },
    scan,
  );
}

export function toEntryKey(row: readonly Cell[]): EntryKeyPlace {
  return { accountId: text(row[0]), requestId: text(row[1]) };
}
