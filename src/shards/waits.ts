/** How long callers wait for a database before they count it as unavailable, in milliseconds. */
export interface Waits {
  readonly connectMsMax: number;
  /** For a session of a pool. */
  readonly acquireMsMax: number;
  /** For a statement, or a batch of a SQLite file, to be carried out. */
  readonly statementMsMax: number;
}

export const WAITS: Waits = { connectMsMax: 3_000, acquireMsMax: 3_000, statementMsMax: 5_000 };
