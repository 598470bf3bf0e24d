import type { Entry } from '../../ledger/entry';
import { ENTRY_COLUMNS, entryParameters } from '../../shards/statements/entry-row';
import type { Statement } from '../../shards/statements/statement';

const SQL = `INSERT INTO entry (${ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * Inserts one entry with a plain INSERT: a key that exists is an error on purpose, see `insertEntries`. Alike on both
 * dialects.
 *
 * Locks: the new row, and in the unique index `entry_request` whoever inserts the same key waits for this transaction.
 */
export function insertEntry(entry: Entry): Statement {
  return { sql: SQL, parameters: entryParameters(entry) };
}
