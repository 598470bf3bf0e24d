import { chargesIn, chargesText } from '../../ledger/allowance';
import type { Hold, HoldState } from '../../ledger/hold';
import { type Cell, exact, hex, integer, text, textOrNull } from '../database';

export const HOLD_COLUMNS =
  'account_id, hold_id, sub_account, amount, confirmed, state, expires_at_us, version, settled_version, fingerprint, ' +
  'reference, metadata, created_at_us, captured, raised, changed_version, charges';

/** Reads a row selected as `HOLD_COLUMNS`. */
export function toHold(row: readonly Cell[]): Hold {
  const settledVersion = row[8] ?? null;
  const changedVersion = row[15] ?? null;
  const charges = textOrNull(row[16] ?? null);
  return {
    accountId: text(row[0]),
    holdId: text(row[1]),
    subAccount: integer(row[2]),
    amountMinor: exact(row[3]),
    confirmedMinor: exact(row[4]),
    state: text(row[5]) as HoldState,
    expiresAtUs: integer(row[6]),
    version: integer(row[7]),
    settledVersion: settledVersion === null ? null : integer(settledVersion),
    fingerprint: hex(row[9]),
    reference: textOrNull(row[10] ?? null),
    metadata: textOrNull(row[11] ?? null),
    createdAtUs: integer(row[12]),
    capturedMinor: exact(row[13]),
    raisedMinor: exact(row[14]),
    changedVersion: changedVersion === null ? null : integer(changedVersion),
    ...(charges !== null && { charges: chargesIn(charges) }),
  };
}

/** The value of the last of `HOLD_COLUMNS`. */
export function holdChargesText({ charges }: Hold): string | null {
  return charges ? chargesText(charges) : null;
}
