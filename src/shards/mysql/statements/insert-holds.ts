import type { Hold } from '../../../ledger/hold';
import { HOLD_COLUMNS, holdChargesText } from '../../statements/hold-row';
import { type Guard, guardFirst, UNGUARDED } from './guard';
import { literal } from './literal';

/**
 * Inserts holds with one plain INSERT, in the order of the primary key. It comes after that of their marks, whose unique
 * index decides whose key it is.
 */
export function insertHolds(holds: readonly Hold[], guard = UNGUARDED): string {
  const rows = [...holds].sort(byKey).map((hold, at) => holdValues(hold, guardFirst(guard, at)));
  return `INSERT INTO hold (${HOLD_COLUMNS})\n    VALUES ${rows.join(',')}`;
}

function byKey(a: Hold, b: Hold): number {
  if (a.accountId !== b.accountId) return a.accountId < b.accountId ? -1 : 1;
  return a.holdId < b.holdId ? -1 : 1;
}

function holdValues(hold: Hold, guard: Guard): string {
  return (
    `(${guard(literal(hold.accountId))},${literal(hold.holdId)},${hold.subAccount},${hold.amountMinor},${hold.confirmedMinor},` +
    `'${hold.state}',${hold.expiresAtUs},${hold.version},${hold.settledVersion ?? 'NULL'},X'${hold.fingerprint}',` +
    `${literal(hold.reference)},${literal(hold.metadata)},${hold.createdAtUs},${hold.capturedMinor},${hold.raisedMinor},` +
    `${hold.changedVersion ?? 'NULL'},${literal(holdChargesText(hold))})`
  );
}
