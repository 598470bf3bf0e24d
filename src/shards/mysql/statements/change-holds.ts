import type { Hold } from '../../../ledger/hold';
import { UNGUARDED } from './guard';
import { literal } from './literal';

/**
 * Writes what became of holds, one statement each: their sub-accounts are locked, so nobody else changes them. Rides on the
 * primary key; X on that row only.
 */
export function changeHolds(holds: readonly Hold[], guard = UNGUARDED): string[] {
  return holds.map(
    (hold) =>
      `UPDATE hold SET state = ${guard(`'${hold.state}'`)}, amount = ${hold.amountMinor}, confirmed = ${hold.confirmedMinor},
         captured = ${hold.capturedMinor}, raised = ${hold.raisedMinor}, expires_at_us = ${hold.expiresAtUs},
         settled_version = ${hold.settledVersion ?? 'NULL'}, changed_version = ${hold.changedVersion ?? 'NULL'},
         reference = ${hold.reference === null ? 'NULL' : literal(hold.reference)}
       WHERE account_id = ${literal(hold.accountId)} AND hold_id = ${literal(hold.holdId)}`,
  );
}
