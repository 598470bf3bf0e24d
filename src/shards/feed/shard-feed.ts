import { type Cell, integer, text } from '../database';
import { FeedLog, type FeedDatabase } from './feed-log';
import type { FeedStore, UnpublishedRow } from './feed-store';

/** The feed of a shard: batches leave their rows in `feed`, whose ids rise in the order in which a sub-account's are written. */
export class ShardFeed extends FeedLog implements FeedStore {
  readonly #database: FeedDatabase;

  constructor(database: FeedDatabase) {
    super(database, 'feed_log');
    this.#database = database;
  }

  /** The beginning of the primary key. The table is almost empty: what is published is deleted. */
  async unpublished(limit: number): Promise<UnpublishedRow[]> {
    const rows = await this.#database.look({
      sql: 'SELECT feed_id, created_at_us, changes FROM feed WHERE feed_id > 0 ORDER BY feed_id LIMIT ?',
      parameters: [limit],
    });
    return rows.map(toUnpublishedRow);
  }

  /** Rows of the primary key. */
  async forget(keys: readonly string[]): Promise<boolean> {
    const ids = keys.map(Number).filter((id) => id > 0);
    if (ids.length === 0) return true;
    const forgotten = await this.#database.write({
      sql: `DELETE FROM feed WHERE feed_id IN (${ids.map(() => '?').join(', ')})`,
      parameters: ids.sort((a, b) => a - b),
    });
    return forgotten === ids.length;
  }
}

function toUnpublishedRow([feedId, createdAtUs, changes]: readonly Cell[]): UnpublishedRow {
  return { key: String(integer(feedId)), createdAtUs: integer(createdAtUs), changes: text(changes) };
}
