import type { Cell, Database, Parameter, SchemaPart } from '../database';
import { sqliteFault } from './sqlite-faults';
import type { SqliteConnection, SqliteFile } from './sqlite-file';

/** Single statements on a SQLite file. Reads see what is committed. */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';

  constructor(
    private readonly name: string,
    private readonly file: SqliteFile,
  ) {}

  async open(part: SchemaPart): Promise<void> {
    await this.file.migrate(part);
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    try {
      return Promise.resolve(
        this.file.reader
          .prepare(sql)
          .raw()
          .all(...parameters) as Cell[][],
      );
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

  close(): Promise<void> {
    return this.file.close();
  }

  async #onWriter<T>(run: (writer: SqliteConnection) => T): Promise<T> {
    try {
      const { connection, leave } = await this.file.enterWriter();
      try {
        return run(connection);
      } finally {
        leave();
      }
    } catch (error) {
      throw sqliteFault(this.name, error);
    }
  }
}
