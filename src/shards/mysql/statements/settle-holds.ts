import type { Hold } from '../../../ledger/hold';
import { UNGUARDED } from './guard';
import { literal } from './literal';

/**
 * Writes what holds came to, one statement each: their sub-accounts are locked, so nobody else settles them. Rides on the
 * primary key; X on that row only.
 */
export function settleHolds(holds: readonly Hold[], guard = UNGUARDED): string[] {
  return holds.map(
    (hold) =>
      `UPDATE hold SET state = ${guard(`'${hold.state}'`)}, confirmed = ${hold.confirmedMinor}, settled_version = ${hold.settledVersion ?? 'NULL'},
         reference = ${hold.reference === null ? 'NULL' : literal(hold.reference)}
       WHERE account_id = ${literal(hold.accountId)} AND hold_id = ${literal(hold.holdId)}`,
  );
}
