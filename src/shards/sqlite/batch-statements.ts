import type { Statement } from 'better-sqlite3';
import type { Entry } from '../../ledger/entry';
import type { Parameter } from '../database';
import { ENTRY_COLUMNS, entryParameters } from '../statements/entry-row';
import { HOLD_COLUMNS } from '../statements/hold-row';
import { REVERSAL_COLUMNS } from '../statements/reversal-row';
import { SUB_ACCOUNT_COLUMNS } from '../statements/sub-account-row';
import { DEPARTURE_COLUMNS } from '../statements/transfer-row';
import type { SqliteConnection } from './sqlite-file';

/** Entries that one statement inserts while there are as many: what a row costs falls by a third. */
const ENTRIES_TOGETHER = 16;

const ENTRY_ROW = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** The statements of a batch, prepared once a connection. Rows come as arrays, integers as `bigint`. */
export function prepareBatchStatements(connection: SqliteConnection) {
  const read = (sql: string): Statement => connection.prepare(sql).raw();
  const run = (sql: string): Statement => connection.prepare(sql);
  return {
    begin: run('BEGIN IMMEDIATE'),
    commit: run('COMMIT'),
    rollback: run('ROLLBACK'),
    now: read('SELECT now_us()'),
    row: read(`SELECT ${SUB_ACCOUNT_COLUMNS} FROM sub_account WHERE account_id = ? AND idx = ?`),
    rowsOfAccount: read(`SELECT ${SUB_ACCOUNT_COLUMNS} FROM sub_account WHERE account_id = ? ORDER BY idx`),
    entry: read(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE account_id = ? AND request_id = ?`),
    transfer: read(
      `SELECT ${DEPARTURE_COLUMNS} FROM transfer WHERE account_id = ? AND transfer_id = ? AND direction = ?`,
    ),
    hold: read(`SELECT ${HOLD_COLUMNS} FROM hold WHERE account_id = ? AND hold_id = ?`),
    newestReversal: read(
      `SELECT ${REVERSAL_COLUMNS} FROM reversal WHERE account_id = ? AND request_id = ? ORDER BY number DESC LIMIT 1`,
    ),
    insertHold: run(`INSERT INTO hold (${HOLD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    settleHold: run(
      'UPDATE hold SET state = ?, confirmed = ?, settled_version = ?, reference = ? WHERE account_id = ? AND hold_id = ?',
    ),
    insertReversal: run(`INSERT INTO reversal (${REVERSAL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`),
    insertEntry: run(`INSERT INTO entry (${ENTRY_COLUMNS}) VALUES ${ENTRY_ROW}`),
    insertEntriesTogether: run(
      `INSERT INTO entry (${ENTRY_COLUMNS}) VALUES ${Array(ENTRIES_TOGETHER).fill(ENTRY_ROW).join(', ')}`,
    ),
    insertTransfer: run(
      `INSERT INTO transfer
         (account_id, transfer_id, direction, from_sub_account, to_sub_account, peer_shard, amount, pending, created_at_us,
          from_version, to_version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    writeRow: run(
      `UPDATE sub_account
         SET available = ?, held = ?, net = ?, moved = ?, epoch = ?, version = ?, outside_version = ?,
             account_status = ?, account_status_version = ?, state = ?, operation = ?
       WHERE account_id = ? AND idx = ?`,
    ),
  } as const;
}

export type BatchStatements = ReturnType<typeof prepareBatchStatements>;

/** Plain INSERTs: a key that exists is an error. */
export function insertEntries(statements: BatchStatements, entries: readonly Entry[]): void {
  const together = entries.length - (entries.length % ENTRIES_TOGETHER);
  for (let from = 0; from < together; from += ENTRIES_TOGETHER)
    statements.insertEntriesTogether.run(parametersOf(entries, from, from + ENTRIES_TOGETHER));
  for (const entry of entries.slice(together)) statements.insertEntry.run(entryParameters(entry));
}

function parametersOf(entries: readonly Entry[], from: number, to: number): Parameter[] {
  const parameters: Parameter[] = [];
  for (let position = from; position < to; position += 1)
    parameters.push(...entryParameters(entries[position] as Entry));
  return parameters;
}
