import type { Reversal } from '../../../ledger/reversal';
import { REVERSAL_COLUMNS } from '../../statements/reversal-row';
import { literal } from './literal';

/** Inserts reversals with one plain INSERT: a number that exists is an error (1062), and the batch is decided again. */
export function insertReversals(reversals: readonly Reversal[]): string {
  return `INSERT INTO reversal (${REVERSAL_COLUMNS})\n    VALUES ${reversals.map(reversalValues).join(',')}`;
}

function reversalValues(reversal: Reversal): string {
  return (
    `(${literal(reversal.accountId)},${literal(reversal.reverses)},${reversal.number},${reversal.reversedMinor},` +
    `${reversal.subAccount},${reversal.version})`
  );
}
