import type { Hold } from '../../../ledger/hold';
import { literal } from './literal';

/**
 * Writes what holds came to, one statement each: their sub-accounts are locked, so nobody else settles them. Rides on the
 * primary key; X on that row only.
 */
export function settleHolds(holds: readonly Hold[]): string[] {
  return holds.map(
    (hold) =>
      `UPDATE hold SET state = '${hold.state}', confirmed = ${hold.confirmedMinor}, settled_version = ${hold.settledVersion ?? 'NULL'},
         reference = ${hold.reference === null ? 'NULL' : literal(hold.reference)}
       WHERE account_id = ${literal(hold.accountId)} AND hold_id = ${literal(hold.holdId)}`,
  );
}
