import type { Entry } from '../../ledger/entry';
import { feedChange } from '../../ledger/feed-change';
import type { DeductionSession } from '../../shards/deduction-way';
import { toFeedRow } from '../../shards/feed/feed-row';
import { ENTRY_COLUMNS, entryParameters } from '../../shards/statements/entry-row';
import { insertFeedRow } from '../../shards/statements/insert-feed-row';
import type { Statement } from '../../shards/statements/statement';

const SQL = `INSERT INTO entry (${ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * Inserts one entry with a plain INSERT: a key that exists is an error on purpose, see `insertEntries`. Alike on both
 * dialects.
 *
 * Locks: the new row, and in the unique index `entry_request` whoever inserts the same key waits for this transaction.
 */
function insertEntry(entry: Entry): Statement {
  return { sql: SQL, parameters: entryParameters(entry) };
}

const NOTHING_ELSE = { changedHolds: [], subAccounts: [], newIntakes: [], changedIntakes: [] } as const;

/** One entry, and the row by which the feed finds it. */
export function entryWrites({ keepsFeed }: DeductionSession, entry: Entry): Statement[] {
  const told = keepsFeed ? feedChange({ ...NOTHING_ELSE, entries: [entry] }) : undefined;
  return told
    ? [insertEntry(entry), insertFeedRow(toFeedRow(told, entry.createdAtUs))]
    : [insertEntry(entry)];
}
