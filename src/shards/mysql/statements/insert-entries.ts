import type { Entry } from '../../../ledger/entry';
import { placeUs } from '../../entry-place';
import { ENTRY_COLUMNS, isWide, READ_ENTRY_COLUMNS, wideParameters } from '../../statements/entry-row';
import { type Guard, guardFirst, UNGUARDED } from './guard';
import { literal } from './literal';

/**
 * Inserts a batch's entries with one plain INSERT; a key that exists is an error (1062) on purpose, because every form
 * that swallows it swallows other errors too.
 *
 * Sorted by key, so that two batches with the same keys meet in one order on the unique index `entry_request` and wait
 * for each other instead of deadlocking. The columns of other accounts and budgets are sent only with a batch that has any.
 */
export function insertEntries(entries: readonly Entry[], guard = UNGUARDED): string {
  const sorted = [...entries].sort(byKey);
  if (!entries.some(isWide)) {
    const rows = sorted.map((entry, at) => `${values(entry, guardFirst(guard, at))})`);
    return `INSERT INTO entry (${ENTRY_COLUMNS})\n    VALUES ${rows.join(',')}`;
  }
  const rows = sorted.map(
    (entry, at) => `${values(entry, guardFirst(guard, at))},${wideParameters(entry).map(literal).join(',')})`,
  );
  return `INSERT INTO entry (${READ_ENTRY_COLUMNS})\n    VALUES ${rows.join(',')}`;
}

function byKey(a: Entry, b: Entry): number {
  if (a.accountId !== b.accountId) return a.accountId < b.accountId ? -1 : 1;
  return a.requestId < b.requestId ? -1 : 1;
}

/** Without the closing parenthesis. */
function values(entry: Entry, guard: Guard): string {
  return (
    `(${guard(literal(entry.accountId))},${placeUs(entry)},${entry.subAccount},${entry.version},${literal(entry.requestId)},` +
    `'${entry.kind}',${entry.amountMinor},${entry.epoch},X'${entry.fingerprint}',${literal(entry.reference)},` +
    literal(entry.metadata)
  );
}
