import { type Cell, type Dialect, integer, text } from '../database';
import type { Statement } from '../statements/statement';
import {
  appendPublished,
  deleteBefore,
  endOfOldest,
  type FeedLogTable,
  newestOlderThan,
  newestPublished,
  oldestPublished,
  publishedFrom,
} from './feed-statements';
import { FIRST_PLACE, type FeedStore, type PublishedRow, type PublishingRow } from './feed-store';

/** How a feed's database is asked. */
export interface FeedDatabase {
  readonly dialect: Dialect;
  /** Rows that somebody relies on: that there are none is true only of the database itself. */
  read(statement: Statement): Promise<Cell[][]>;
  /** Rows to work on; none is no news. */
  look(statement: Statement): Promise<Cell[][]>;
  /**
   * Writes need not be on the disk when they resolve, for what they lose with the power is published again: a row that was not
   * published yet cannot come before it, since its own commit would have brought them to the disk.
   */
  write(statement: Statement): Promise<number>;
  /** @returns false when a row under this key exists already */
  insertOnce(statement: Statement): Promise<boolean>;
}

/** The published part of a feed, which shards and the directory keep alike. */
export class FeedLog implements Omit<FeedStore, 'unpublished' | 'forget'> {
  constructor(
    private readonly database: FeedDatabase,
    private readonly table: FeedLogTable,
  ) {}

  async newest(limit: number): Promise<Pick<PublishedRow, 'place' | 'key'>[]> {
    const rows = await this.database.read(newestPublished(this.table, limit));
    return rows.map(([place, key]) => ({ place: integer(place), key: text(key) }));
  }

  append(rows: readonly PublishingRow[]): Promise<boolean> {
    return this.database.insertOnce(appendPublished(this.table, rows));
  }

  async from(place: number, limit: number): Promise<PublishedRow[]> {
    return (await this.database.read(publishedFrom(this.table, place, limit))).map(toPublishedRow);
  }

  async floor(): Promise<number> {
    const [row] = await this.database.read(oldestPublished(this.table));
    return row ? integer(row[0]) : FIRST_PLACE;
  }

  async trim(olderThanMs: number, limit: number): Promise<boolean> {
    const { database, table } = this;
    const [newest] = await database.look(newestOlderThan(table, olderThanMs, database.dialect));
    if (!newest) return false;
    const floor = integer(newest[0]);
    const [end] = await database.look(endOfOldest(table, floor, limit));
    await database.write(deleteBefore(table, end ? integer(end[0]) : floor));
    return end !== undefined;
  }
}

function toPublishedRow([place, key, createdAtUs, changes]: readonly Cell[]): PublishedRow {
  return {
    place: integer(place),
    key: text(key),
    createdAtUs: integer(createdAtUs),
    changes: text(changes),
  };
}
