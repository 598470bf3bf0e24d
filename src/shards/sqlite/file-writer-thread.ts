import type SqliteModule from 'better-sqlite3';
import type { MessagePort } from 'node:worker_threads';
import type { Parameter } from '../database';
import type { FileId } from './file-in-place';

/*
 * The thread of a `FileWriter`. Node runs this file by itself: compiled, and in tests as it stands, without its types. So
 * it imports no file of the project but for types; and it says `require`, which is CommonJS in either form.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports
const Sqlite = require('better-sqlite3') as typeof SqliteModule;
const threads = process.getBuiltinModule('node:worker_threads');
const files = process.getBuiltinModule('node:fs');

/** A statement that writes one row, and the same for several rows at once. */
export interface RowStatement {
  readonly sql: string;
  /** Parameters of one row. */
  readonly parameters: number;
  /** Used while there are as many rows. */
  readonly together?: { readonly rows: number; readonly sql: string };
}

/** What the thread is started with. */
export interface WriterStart {
  readonly path: string;
  readonly opened: FileId | undefined;
  readonly busyMsMax: number;
  readonly statements: Readonly<Record<string, RowStatement>>;
}

/** Rows for a statement, by its name: their parameters one behind the other. */
export type RowWrite = readonly [statement: string, parameters: readonly Parameter[]];

/** A transaction to be written; or the end. */
export type WriterOrder = readonly RowWrite[] | 'close';

/** Answers come in the order of the orders, the first when the file is open. Nothing of what failed was written. */
export type WriterAnswer =
  | 'done'
  | {
      readonly code: string | undefined;
      readonly message: string;
      /** Whether it was the COMMIT that failed. */
      readonly atCommit: boolean;
    };

interface Prepared {
  readonly parameters: number;
  readonly one: SqliteModule.Statement;
  readonly several: { readonly rows: number; readonly statement: SqliteModule.Statement } | undefined;
}

function serve(port: MessagePort, start: WriterStart): void {
  let connection: SqliteModule.Database;
  let transact: (writes: readonly RowWrite[]) => void;
  try {
    connection = open(start);
    transact = transactionOn(connection, start.statements);
    assertInPlace(start);
  } catch (error) {
    port.postMessage(failure(error));
    return;
  }
  port.on('message', (order: WriterOrder) => {
    if (order === 'close') {
      connection.close();
      port.close();
      return;
    }
    const answer = answerOf(() => {
      transact(order);
      assertInPlace(start);
    });
    if (connection.inTransaction) throw new Error('a transaction that failed could not be rolled back');
    port.postMessage(answer);
  });
  port.postMessage('done' satisfies WriterAnswer);
}

function open({ path, busyMsMax }: WriterStart): SqliteModule.Database {
  const connection = new Sqlite(path, { fileMustExist: true, timeout: busyMsMax });
  // The file is in WAL mode already; how far a commit goes is the connection's own.
  connection.pragma('synchronous = FULL');
  return connection;
}

/** BEGIN IMMEDIATE … COMMIT; what fails is rolled back before the error is passed on. */
function transactionOn(
  connection: SqliteModule.Database,
  statements: WriterStart['statements'],
): (writes: readonly RowWrite[]) => void {
  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const rollback = connection.prepare('ROLLBACK');
  const prepared = new Map(
    Object.entries(statements).map(([name, statement]) => [name, prepare(connection, statement)]),
  );
  return (writes) => {
    let atCommit = false;
    try {
      begin.run();
      for (const [name, parameters] of writes) {
        const statement = prepared.get(name);
        if (!statement) throw new Error(`no statement is called ${name}`);
        writeRows(statement, parameters);
      }
      atCommit = true;
      commit.run();
    } catch (error) {
      // After some errors SQLite has rolled back by itself.
      if (connection.inTransaction) rollback.run();
      throw Object.assign(error as Error, { atCommit });
    }
  };
}

/** The database and the files beside it, as they were first seen. */
const seenFiles = new Map<string, FileId>();

/**
 * SQLite goes on writing into files that were deleted or moved away. Looked at behind each commit, so that nobody is told of a
 * commit that no path leads to: some microseconds beside a sync to the disk.
 */
function assertInPlace({ path, opened }: WriterStart): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const found = idOf(file);
    const seen = seenFiles.get(file) ?? (file === path ? opened : undefined);
    if (seen !== undefined && seen !== found) throw replaced(file);
    if (found !== undefined) seenFiles.set(file, found);
  }
}

function idOf(file: string): FileId | undefined {
  const found = files.statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

function replaced(file: string): Error {
  return Object.assign(new Error(`${file} is not the file that is open`), { code: 'FILE_REPLACED' });
}

function prepare(connection: SqliteModule.Database, { sql, parameters, together }: RowStatement): Prepared {
  return {
    parameters,
    one: connection.prepare(sql),
    several: together && { rows: together.rows, statement: connection.prepare(together.sql) },
  };
}

function writeRows({ parameters: width, one, several }: Prepared, parameters: readonly Parameter[]): void {
  let from = 0;
  if (several) {
    const length = several.rows * width;
    for (; from + length <= parameters.length; from += length)
      several.statement.run(parameters.slice(from, from + length));
  }
  for (; from < parameters.length; from += width) one.run(parameters.slice(from, from + width));
}

function answerOf(run: () => void): WriterAnswer {
  try {
    run();
    return 'done';
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): WriterAnswer {
  const { code, message, atCommit = false } = error as Error & { code?: string; atCommit?: boolean };
  return { code, message, atCommit };
}

if (threads.parentPort) serve(threads.parentPort, threads.workerData as WriterStart);
