import type { Stretch } from './fill-statement';

/** How large the table of entries is on disk. */
export interface TableSize {
  readonly bytes: number;
  /** Of them the unique index on (account, request id), where the store says so. */
  readonly keyBytes?: number;
}

/** What a server has done since it was started. */
export interface IoCounters {
  /** Pages looked for in the buffer pool, and those that had to be read from the disk. */
  readonly poolRequests: number;
  readonly poolReads: number;
  readonly pagesWritten: number;
}

/** One shard's table of entries, reached past the product. */
export interface EntryTable {
  dropKey(): Promise<void>;
  /** Writes rows, which are cheap while there is no unique key to be kept. */
  fill(stretch: Stretch): Promise<void>;
  /**
   * Builds the unique index by sorting, so that the time it takes is bounded, whatever the order of the ids. Its pages
   * are filled as the inserts of that order would leave them.
   */
  addKey(fillPercent: number): Promise<void>;
  /** Has the server write what it still owes the disk, so that a measurement does not pay for what was before. */
  settle(): Promise<void>;
  size(): Promise<TableSize>;
  /** `undefined` where the store does not count. */
  counters(): Promise<IoCounters | undefined>;
  close(): Promise<void>;
}
