import type { Dialect } from '../database';
import { statementUs } from '../statements/now';
import type { Statement } from '../statements/statement';
import type { PublishingRow } from './feed-store';

/** Behind every row: a bound that is none, so that the beginning and the end are read as ranges. */
const LAST_PLACE = Number.MAX_SAFE_INTEGER;

/**
 * What is published, of a shard or of the directory. `place` is the primary key; no two rows have the same `follows`, so two
 * publishers that both saw the same last row cannot both append.
 */
export type FeedLogTable = 'feed_log' | 'directory_feed_log';

/** Rows from a place on. A range of the primary key. */
export function publishedFrom(table: FeedLogTable, place: number, limit: number): Statement {
  return {
    sql: `SELECT place, feed_key, created_at_us, changes FROM ${table} WHERE place >= ? ORDER BY place LIMIT ?`,
    parameters: [place, limit],
  };
}

/** The end of the primary key. */
export function newestPublished(table: FeedLogTable, limit: number): Statement {
  return {
    sql: `SELECT place, feed_key FROM ${table} WHERE place <= ? ORDER BY place DESC LIMIT ?`,
    parameters: [LAST_PLACE, limit],
  };
}

/** The beginning of the primary key. */
export function oldestPublished(table: FeedLogTable): Statement {
  return {
    sql: `SELECT place FROM ${table} WHERE place <= ? ORDER BY place LIMIT 1`,
    parameters: [LAST_PLACE],
  };
}

/** Appends rows, all or none: a `follows` that exists is an error on purpose, and the publisher reads the end again. */
export function appendPublished(table: FeedLogTable, rows: readonly PublishingRow[]): Statement {
  return {
    sql: `INSERT INTO ${table} (place, follows, feed_key, created_at_us, changes)
      VALUES ${rows.map(() => '(?, ?, ?, ?, ?)').join(', ')}`,
    parameters: rows.flatMap(({ place, follows, key, createdAtUs, changes }) => [
      place,
      follows,
      key,
      createdAtUs,
      changes,
    ]),
  };
}

/** The newest row that was published so long ago: places are times, so this is a range of the primary key too. */
export function newestOlderThan(table: FeedLogTable, olderThanMs: number, dialect: Dialect): Statement {
  return {
    sql: `SELECT place FROM ${table} WHERE place <= ${statementUs(dialect)} - ? ORDER BY place DESC LIMIT 1`,
    parameters: [olderThanMs * 1_000],
  };
}

/** Where the first rows before a place end, counted from the oldest; no row where there are fewer. */
export function endOfOldest(table: FeedLogTable, before: number, rows: number): Statement {
  return {
    sql: `SELECT place FROM ${table} WHERE place < ? ORDER BY place LIMIT 1 OFFSET ?`,
    parameters: [before, rows],
  };
}

/** Locks only what it deletes, at the beginning of the primary key. */
export function deleteBefore(table: FeedLogTable, place: number): Statement {
  return { sql: `DELETE FROM ${table} WHERE place < ?`, parameters: [place] };
}
