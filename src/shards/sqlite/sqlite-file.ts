import Sqlite from 'better-sqlite3';
import { closeSync, lstatSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver';
import type { SchemaPart } from '../database';
import { DatabaseRefusedError } from '../faults';
import { refuseForeignTables } from '../foreign-tables';
import { makeFolder } from '../make-folder';
import { unwritable } from '../refuse-unwritable';
import { migrationsOf, refuseNewerSchema } from '../migrations';
import { type FileId, FileInPlace } from './file-in-place';
import { processClockUs } from './process-clock';
import { Turnstile } from './turnstile';
import { refuseUnfinishedRestore } from './unfinished-restore';

export type SqliteConnection = Sqlite.Database;

const WRITER_WAIT_MS_MAX = 5_000;

/** How long a transaction waits for a file that another process has locked: as the sessions of the other databases for a row. */
const LOCK_WAIT_MS_MAX = 1_000;
const LOCK_PAUSE_MS = 10;

/** Reads go on for so long without a look at what the path names. */
const UNSEEN_MS_MAX = 1_000;

/**
 * One SQLite file, open in this process: a single writer connection behind a turnstile, and a reader that sees what is
 * committed. A shard and the directory may live in the same file, and then share both.
 *
 * The file belongs to one process at a time. The lock is a lock of the operating system on a file beside it, so a
 * process that dies in any way lets go of it.
 */
export class SqliteFile {
  static readonly #open = new Map<string, SqliteFile>();

  readonly #turnstile = new Turnstile(WRITER_WAIT_MS_MAX);
  readonly #path: string;
  #inPlace: FileInPlace;
  #seenAt = -Infinity;
  readonly #migrated = new Set<SchemaPart>();
  #users = 0;
  #owner: SqliteConnection | undefined;
  #writer: SqliteConnection | undefined;
  #reader: SqliteConnection | undefined;
  #source: DataSource | undefined;

  /** The file at a path, one object for each; nothing is touched before `migrate`. */
  static open(path: string): SqliteFile {
    const full = resolve(path);
    const file = SqliteFile.#open.get(full) ?? new SqliteFile(full);
    SqliteFile.#open.set(full, file);
    file.#users += 1;
    return file;
  }

  private constructor(path: string) {
    this.#path = path;
    this.#inPlace = new FileInPlace(path);
  }

  /**
   * Connects on first use, then brings the part's tables up to date.
   *
   * @throws DatabaseRefusedError `DATA_FOLDER_IN_USE` when another process has the file open, `NOT_A_FILE` when the path
   *   names something that is no file, `DATABASE_NOT_EMPTY` when it holds tables of something else, `FOLDER_NOT_WRITABLE`
   *   when the system does not let the file be made or written, `RESTORE_UNFINISHED` when a restore was to make it
   */
  async migrate(part: SchemaPart): Promise<void> {
    if (this.#migrated.has(part)) return;
    const leave = await this.#turnstile.enter();
    try {
      if (this.#owner) await this.#runMigrations(part);
      else await this.#takeOver(part);
      this.#migrated.add(part);
    } catch (error) {
      throw unwritable(this.#path, error) ?? error;
    } finally {
      leave();
    }
  }

  /** The writer, alone, until `leave` is called. */
  async enterWriter(): Promise<{ connection: SqliteConnection; leave: () => void }> {
    const leave = await this.#turnstile.enter();
    const connection = this.#writer;
    if (connection) return { connection, leave };
    leave();
    throw Object.assign(new Error('the file is not open'), { code: 'NOT_OPEN' });
  }

  /**
   * Runs what takes SQLite's lock of the file, on the writer. While another process has that lock, nothing of this file can be
   * written, but the event loop and all other files go on: SQLite's own wait would stop them.
   *
   * Rejects with `SQLITE_BUSY` when the other process does not let go.
   *
   * @param run does nothing when it throws `SQLITE_BUSY`: a single statement, or a BEGIN IMMEDIATE
   */
  async whenUnlocked<T>(run: () => T): Promise<T> {
    const until = performance.now() + LOCK_WAIT_MS_MAX;
    for (;;) {
      try {
        return run();
      } catch (error) {
        if ((error as { code?: string }).code !== 'SQLITE_BUSY' || performance.now() >= until) throw error;
      }
      await sleep(LOCK_PAUSE_MS);
    }
  }

  get path(): string {
    return this.#path;
  }

  /** Which file was opened under the path. */
  get opened(): FileId | undefined {
    return this.#inPlace.database;
  }

  /**
   * Nothing is at the path, or nothing is in it.
   *
   * @throws DatabaseRefusedError `FOLDER_NOT_WRITABLE` when the path cannot be looked at
   */
  get isMissing(): boolean {
    if (this.#owner) return false;
    try {
      return (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) === 0;
    } catch (error) {
      throw unwritable(this.#path, error) ?? error;
    }
  }

  /**
   * Asked before anybody relies on what was written.
   *
   * @throws DatabaseRefusedError `FILE_REPLACED`
   */
  assertInPlace(): void {
    this.#inPlace.assert();
    this.#seenAt = performance.now();
  }

  /** The writer's thread found another file: the next to read looks for itself. */
  distrust(): void {
    this.#seenAt = -Infinity;
  }

  /** @throws DatabaseRefusedError `FILE_REPLACED` */
  get reader(): SqliteConnection {
    if (!this.#reader) throw Object.assign(new Error('the file is not open'), { code: 'NOT_OPEN' });
    if (performance.now() - this.#seenAt > UNSEEN_MS_MAX) this.assertInPlace();
    return this.#reader;
  }

  async close(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    SqliteFile.#open.delete(this.#path);
    const leave = await this.#turnstile.enter();
    this.#reader?.close();
    if (this.#source?.isInitialized) await this.#source.destroy();
    this.#owner?.close();
    leave();
  }

  /** What cannot be opened is left as it was found: no file beside it, and none made in vain. */
  async #takeOver(part: SchemaPart): Promise<void> {
    refuseWhatIsNoFile(this.#path);
    refuseUnfinishedRestore(this.#path);
    const made = filesOf(this.#path).filter((file) => !lstatSync(file, { throwIfNoEntry: false }));
    try {
      this.#owner = own(this.#path);
      refuseForeignTables(this.#path, tablesOf(this.#path));
      await this.#runMigrations(part);
    } catch (error) {
      this.#reader?.close();
      this.#reader = undefined;
      if (this.#source?.isInitialized) await this.#source.destroy();
      this.#source = undefined;
      this.#writer = undefined;
      this.#inPlace = new FileInPlace(this.#path);
      // Another process that came first has made them meanwhile, and uses them.
      const isOthers = error instanceof DatabaseRefusedError && error.code === 'DATA_FOLDER_IN_USE';
      if (!isOthers) for (const file of made) rmSync(file, { force: true });
      this.#owner?.close();
      this.#owner = undefined;
      throw error;
    }
  }

  async #runMigrations(part: SchemaPart): Promise<void> {
    refuseNewerSchema(part, migrationsIn(this.#path, part));
    if (this.#source) this.assertInPlace();
    await this.#source?.destroy();
    this.#inPlace.forgetLog();
    this.#source = new DataSource({
      type: 'better-sqlite3',
      database: this.#path,
      prepareDatabase: (connection) => {
        const database = connection as SqliteConnection;
        try {
          database.pragma('journal_mode = WAL');
          database.pragma('synchronous = FULL');
        } catch (error) {
          database.close();
          throw error;
        }
      },
      migrations: migrationsOf(part),
      migrationsTableName: `${part}_migrations`,
    });
    await this.#source.initialize();
    await this.#source.runMigrations();

    this.#writer = (this.#source.driver as BetterSqlite3Driver).databaseConnection as SqliteConnection;
    this.#reader ??= new Sqlite(this.#path, { readonly: true });
    for (const connection of [this.#writer, this.#reader]) this.#prepare(connection);
    // Whoever writes waits in `whenUnlocked`.
    this.#writer.pragma('busy_timeout = 0');
    this.assertInPlace();
  }

  #prepare(connection: SqliteConnection): void {
    connection.defaultSafeIntegers(true);
    connection.function('now_us', { deterministic: false }, () => BigInt(processClockUs()));
  }
}

/** The database, its lock, and what SQLite keeps beside them. */
function filesOf(path: string): string[] {
  return [path, `${path}.owner`].flatMap((file) => ['', '-journal', '-wal', '-shm'].map((end) => file + end));
}

/**
 * Opening a pipe waits for whoever reads it, with the whole process; a device takes what is written and keeps nothing.
 *
 * @throws DatabaseRefusedError `NOT_A_FILE`
 */
function refuseWhatIsNoFile(path: string): void {
  for (const file of [path, `${path}.owner`]) {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && !found.isFile()) throw new DatabaseRefusedError('NOT_A_FILE', `${file} is not a file`);
  }
}

function tablesOf(path: string): string[] {
  return namesFrom(path, (pluck) => pluck("SELECT name FROM sqlite_schema WHERE type = 'table'"));
}

/** The migrations that a file has behind it; none where it is new to this part. */
function migrationsIn(path: string, part: SchemaPart): string[] {
  const table = `${part}_migrations`;
  return namesFrom(path, (pluck) =>
    pluck(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${table}'`).length > 0
      ? pluck(`SELECT name FROM ${table}`)
      : [],
  );
}

function namesFrom(path: string, read: (pluck: (sql: string) => string[]) => string[]): string[] {
  const connection = new Sqlite(path, { readonly: true });
  try {
    return read((sql) => connection.prepare(sql).pluck().all() as string[]);
  } finally {
    connection.close();
  }
}

/** Holds an exclusive lock on `<path>.owner` for as long as the connection is open. */
function own(path: string): SqliteConnection {
  makeFolder(dirname(path));
  for (const file of [path, `${path}.owner`]) createPrivately(file);
  const owner = new Sqlite(`${path}.owner`, { timeout: 0 });
  try {
    owner.pragma('locking_mode = EXCLUSIVE');
    owner.exec('BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS owner (pid INTEGER); COMMIT');
    return owner;
  } catch (error) {
    owner.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new DatabaseRefusedError(
      'DATA_FOLDER_IN_USE',
      `another process has ${path} open; the embedded store is for one process (use MySQL shards for several)`,
      { cause: error },
    );
  }
}

/** Money is the owner's to read only; SQLite gives its journal files the mode of the file. */
function createPrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
}
