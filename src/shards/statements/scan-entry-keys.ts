import { type Cell, type Dialect, integer, text } from '../database';
import { timeOfPlaceUs } from '../entry-place';
import type { EntryKeyPlace, Scan, ScannedEntryKey } from '../ledger-scan';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

/** Request ids by account. Plain read of nothing but the unique index `entry_request`, which ends with the primary key. */
export function scanEntryKeys(scan: Scan<EntryKeyPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: 'account_id, request_id, created_at_us',
      table: 'entry',
      index: 'entry_request',
      order: ['account_id', 'request_id'],
      values: ({ accountId, requestId }) => [accountId, requestId],
    },
    scan,
  );
}

export function toEntryKey(row: readonly Cell[]): ScannedEntryKey {
  return { accountId: text(row[0]), requestId: text(row[1]), createdAtUs: timeOfPlaceUs(integer(row[2])) };
}
