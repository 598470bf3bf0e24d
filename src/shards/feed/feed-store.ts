/** What a transaction left for the feed and nobody has published. */
export interface UnpublishedRow {
  /** Names the row for good: it is published once, and found again under its key. */
  readonly key: string;
  readonly createdAtUs: number;
  readonly changes: string;
}

/** A row with its place in the feed. */
export interface PublishedRow extends UnpublishedRow {
  /** Rises from row to row; about the microsecond since 1970 at which the row was written or published. */
  readonly place: number;
}

/** A row that is to be published. */
export interface PublishingRow extends PublishedRow {
  /** The place of the row before it. No two rows follow the same one. */
  readonly follows: number;
}

/** Before every row that was ever published. */
export const FIRST_PLACE = 0;

/**
 * The feed of one database. Transactions leave rows in the order in which they write, and may commit in another. A publisher
 * gives rows their places, after they are committed: a reader that has read up to a place has missed nothing before it.
 *
 * Every method is one statement or a few, each a transaction of its own; they reject as those of the database do.
 */
export interface FeedStore {
  /** Rows that were committed and are still to be published, those of one sub-account or account in order. */
  unpublished(limit: number): Promise<UnpublishedRow[]>;
  /** Published rows are taken out of what is to be published; again does no harm. @returns false when some were not among it */
  forget(keys: readonly string[]): Promise<boolean>;
  /** The newest published rows, newest first: at least one, for the row before the first is never deleted. */
  newest(limit: number): Promise<Pick<PublishedRow, 'place' | 'key'>[]>;
  /** @returns false when somebody has published since: nothing was written */
  append(rows: readonly PublishingRow[]): Promise<boolean>;
  /** Published rows from a place on, the one at that place included. */
  from(place: number, limit: number): Promise<PublishedRow[]>;
  /** The oldest place that is kept. Whoever has read up to it has missed nothing. */
  floor(): Promise<number>;
  /**
   * Deletes rows that were published longer ago, up to a bound; the newest of those stays, as the floor.
   *
   * @returns whether there may be more
   */
  trim(olderThanMs: number, limit: number): Promise<boolean>;
}
