import type { Reversal } from '../../../ledger/reversal';
import { REVERSAL_COLUMNS } from '../../statements/reversal-row';
import { type Guard, guardFirst, UNGUARDED } from './guard';
import { literal } from './literal';

/** Inserts reversals with one plain INSERT: a number that exists is an error (1062), and the batch is decided again. */
export function insertReversals(reversals: readonly Reversal[], guard = UNGUARDED): string {
  const rows = reversals.map((reversal, at) => reversalValues(reversal, guardFirst(guard, at)));
  return `INSERT INTO reversal (${REVERSAL_COLUMNS})\n    VALUES ${rows.join(',')}`;
}

function reversalValues(reversal: Reversal, guard: Guard): string {
  return (
    `(${guard(literal(reversal.accountId))},${literal(reversal.reverses)},${reversal.number},${reversal.reversedMinor},` +
    `${reversal.subAccount},${reversal.version})`
  );
}
