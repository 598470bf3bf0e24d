import { statSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import { openSqliteWriter } from '../yardsticks/sqlite-connection';
import type { EntryTable, TableSize } from './entry-table';
import { fillStatement, type Stretch } from './fill-statement';
import { REQUEST_IDS } from './request-ids';

/** The file of a shard. SQLite fills the pages of an index that it builds, and counts no pages. */
export class SqliteEntryTable implements EntryTable {
  readonly #connection: Sqlite.Database;

  constructor(private readonly path: string) {
    this.#connection = openSqliteWriter(path);
    this.#connection.function('random_id', { deterministic: true }, (position) =>
      REQUEST_IDS.random(Number(position)),
    );
  }

  dropKey(): Promise<void> {
    return this.#run('DROP INDEX entry_request');
  }

  async fill(stretch: Stretch): Promise<void> {
    await this.#run(fillStatement('sqlite', stretch));
    // The other shards and the progress have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  addKey(): Promise<void> {
    return this.#run('CREATE UNIQUE INDEX entry_request ON entry (account_id, request_id)');
  }

  settle(): Promise<void> {
    this.#connection.pragma('wal_checkpoint(TRUNCATE)');
    return Promise.resolve();
  }

  size(): Promise<TableSize> {
    return Promise.resolve({ bytes: statSync(this.path).size });
  }

  counters(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  #run(sql: string): Promise<void> {
    this.#connection.exec(sql);
    return Promise.resolve();
  }
}
