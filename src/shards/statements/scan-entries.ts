import { chargesIn, isAllowanceId } from '../../ledger/allowance';
import type { EntryKind } from '../../ledger/entry';
import { type Cell, type Dialect, exact, integer, text, textOrNull } from '../database';
import type { EntryPlace, Scan, ScannedEntry } from '../ledger-scan';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

/** Entries by account, place, row and version. Plain read; rides on the primary key. */
export function scanEntries(scan: Scan<EntryPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns:
        'account_id, created_at_us, sub_account, version, kind, amount, request_id, counterparty, charges',
      table: 'entry',
      index: 'PRIMARY',
      order: ['account_id', 'created_at_us', 'sub_account', 'version'],
      values: (place) => [place.accountId, place.placeUs, place.subAccount, place.version],
    },
    scan,
  );
}

export function toScannedEntry(row: readonly Cell[]): ScannedEntry {
  const counterparty = textOrNull(row[7] ?? null);
  const charges = textOrNull(row[8] ?? null);
  const accountId = text(row[0]);
  return {
    accountId,
    placeUs: integer(row[1]),
    subAccount: integer(row[2]),
    version: integer(row[3]),
    kind: text(row[4]) as EntryKind,
    amountMinor: exact(row[5]),
    ...(counterparty !== null && { between: { requestId: text(row[6]), counterparty } }),
    ...((charges !== null || isAllowanceId(accountId)) && {
      charged: { requestId: text(row[6]), ...(charges !== null && { charges: chargesIn(charges) }) },
    }),
  };
}
