import type { BackedUpDatabase } from './manifest';

export interface FillFrom {
  /** The backup's folder. */
  readonly folder: string;
  readonly database: BackedUpDatabase;
  /** Statements that make a new installation of the old one: incarnations. Run once everything else is there. */
  readonly adapt: readonly string[];
  readonly signal: AbortSignal;
  /** In rows, or one step for a file. */
  readonly progress: (done: number, total: number) => void;
}

/** An empty database that a backup is restored to. From `mark` until `finish` a service refuses it. */
export interface RestoreTarget {
  /**
   * The incarnations that an unfinished restore gave to the shards, if this is the directory's database and holds what that
   * restore left. They tell which of the other databases the unfinished restore had finished already.
   */
  leftIncarnations(): Promise<ReadonlySet<string>>;
  /**
   * @param left a shard with one of these incarnations was finished by an unfinished restore, and nothing has used it since
   * @throws BackupFault `RESTORE_TARGET_NOT_EMPTY` for anything but nothing, or what an unfinished restore has left
   */
  assertEmpty(left: ReadonlySet<string>): Promise<void>;
  /** Makes services refuse the database. What `leftIncarnations` reads stays until `fill`. */
  mark(): Promise<void>;
  fill(from: FillFrom): Promise<void>;
  finish(): Promise<void>;
  /** After a failure before the first `finish`: leaves nothing where that is possible. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}
