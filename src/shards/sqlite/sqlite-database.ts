import type { Statement } from 'better-sqlite3';
import type { Cell, Database, Parameter, SchemaPart } from '../database';
import { sqliteFault } from './sqlite-faults';
import type { SqliteConnection, SqliteFile } from './sqlite-file';

/** Statements kept compiled; those with lists of varying length would otherwise fill the memory. */
const PREPARED_MAX = 64;

/** As SQLite has it by default. */
const PAGES_PER_CHECKPOINT = 1_000;

/** Single statements on a SQLite file. Reads see what is committed. */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly #prepared = new Map<string, Statement>();
  #preparedOn: SqliteConnection | undefined;

  constructor(
    private readonly name: string,
    private readonly file: SqliteFile,
  ) {}

  get isMissing(): boolean {
    return this.file.isMissing;
  }

  async open(part: SchemaPart): Promise<void> {
    await this.file.migrate(part);
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    try {
      return Promise.resolve(this.#statement(sql).all(...parameters) as Cell[][]);
    } catch (error) {
      return Promise.reject(sqliteFault(this.name, error));
    }
  }

  readSettled(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    return this.#onWriter(
      (writer) =>
        writer
          .prepare(sql)
          .raw()
          .all(...parameters) as Cell[][],
    );
  }

  write(sql: string, parameters: readonly Parameter[] = []): Promise<number> {
    return this.#onWriter((writer) => writer.prepare(sql).run(...parameters).changes);
  }

  /**
   * In WAL mode the next commit that is synced, of whatever connection, brings this one to the disk as well. Nor is the log
   * moved into the database here, which syncs twice: that is left to the commits that are synced anyway, mostly in a thread of
   * their own.
   */
  writeUnsynced(sql: string, parameters: readonly Parameter[] = []): Promise<number> {
    return this.#onWriter((writer) => {
      writer.pragma('synchronous = NORMAL');
      writer.pragma('wal_autocheckpoint = 0');
      try {
        return writer.prepare(sql).run(...parameters).changes;
      } finally {
        writer.pragma('synchronous = FULL');
        writer.pragma(`wal_autocheckpoint = ${PAGES_PER_CHECKPOINT}`);
      }
    });
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** Compiling a sum over an account's rows takes longer than computing it for a few dozen of them. */
  #statement(sql: string): Statement {
    const { reader } = this.file;
    if (this.#preparedOn !== reader) {
      this.#prepared.clear();
      this.#preparedOn = reader;
    }
    let statement = this.#prepared.get(sql);
    if (!statement) {
      if (this.#prepared.size >= PREPARED_MAX) this.#prepared.clear();
      this.#prepared.set(sql, (statement = reader.prepare(sql).raw()));
    }
    return statement;
  }

  async #onWriter<T>(run: (writer: SqliteConnection) => T): Promise<T> {
    try {
      const { connection, leave } = await this.file.enterWriter();
      try {
        const result = await this.file.whenUnlocked(() => run(connection));
        this.file.assertInPlace();
        return result;
      } finally {
        leave();
      }
    } catch (error) {
      throw sqliteFault(this.name, error);
    }
  }
}
