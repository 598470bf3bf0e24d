import { chargesIn, chargesText } from '../../ledger/allowance';
import type { Entry, EntryKind } from '../../ledger/entry';
import { type Cell, exact, hex, integer, type Parameter, text, textOrNull } from '../database';
import { placeUs, timeOfPlaceUs } from '../entry-place';

export const ENTRY_COLUMNS =
  'account_id, created_at_us, sub_account, version, request_id, kind, amount, epoch, fingerprint, reference, metadata';

/** As entries are read. Only those that name another account, or budgets, are written with the last of the columns. */
export const READ_ENTRY_COLUMNS = `${ENTRY_COLUMNS}, counterparty, charges`;

/** Whether an entry is written with all columns. */
export function isWide({ counterparty, charges }: Entry): boolean {
  return counterparty !== undefined || charges !== undefined;
}

/** Reads a row selected as `READ_ENTRY_COLUMNS`. */
export function toEntry(row: readonly Cell[]): Entry {
  const counterparty = textOrNull(row[11] ?? null);
  const charges = textOrNull(row[12] ?? null);
  return {
    accountId: text(row[0]),
    createdAtUs: timeOfPlaceUs(integer(row[1])),
    subAccount: integer(row[2]),
    version: integer(row[3]),
    requestId: text(row[4]),
    kind: text(row[5]) as EntryKind,
    amountMinor: exact(row[6]),
    epoch: integer(row[7]),
    fingerprint: hex(row[8]),
    reference: textOrNull(row[9] ?? null),
    metadata: textOrNull(row[10] ?? null),
    ...(counterparty !== null && { counterparty }),
    ...(charges !== null && { charges: chargesIn(charges) }),
  };
}

/** An entry's values in the order of `ENTRY_COLUMNS`. */
export function entryParameters(entry: Entry): Parameter[] {
  return [
    entry.accountId,
    placeUs(entry),
    entry.subAccount,
    entry.version,
    entry.requestId,
    entry.kind,
    entry.amountMinor,
    entry.epoch,
    Buffer.from(entry.fingerprint, 'hex'),
    entry.reference,
    entry.metadata,
  ];
}

/** The values of the last columns of `READ_ENTRY_COLUMNS`. */
export function wideParameters({ counterparty, charges }: Entry): [string | null, string | null] {
  return [counterparty ?? null, charges ? chargesText(charges) : null];
}
