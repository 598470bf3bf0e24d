import type { Cell } from '../shards/database';
import type { BackupFile, TableFile } from './manifest';

/** What came of copying a database, without what the manifest knows of it anyway. */
export type Copied =
  | { readonly kind: 'sqlite'; readonly file: BackupFile }
  | {
      readonly kind: 'mysql';
      readonly server: string;
      readonly position?: string;
      readonly tables: readonly TableFile[];
    };

export interface CopyTo {
  /** The backup's folder. */
  readonly folder: string;
  /** The database's name in it. */
  readonly id: string;
  readonly signal: AbortSignal;
  /** How much is copied, of how much there probably is, in rows or pages. */
  readonly progress: (done: number, total: number) => void;
}

/**
 * A database of which a copy is made. The order of the calls is the protocol: `open`, then in all databases `fence`, in all
 * `openSnapshot`, in all `proveFence`, in all `lift`; then `read` and `copy`, which see the snapshot.
 */
export interface BackupSource {
  open(): Promise<void>;
  /** Waits for what is being written, and lets nobody write any more. Rejects when that cannot be had in a second. */
  fence(): Promise<void>;
  /** From here on, `read` and `copy` see what is committed now. */
  openSnapshot(): Promise<void>;
  /** Rejects unless the fence has stood from the end of `fence` until now. */
  proveFence(): Promise<void>;
  lift(): Promise<void>;
  read(sql: string): Promise<Cell[][]>;
  copy(to: CopyTo): Promise<Copied>;
  /** Lifts the fence, ends the snapshot and every connection. Safe at any time. */
  close(): Promise<void>;
}
