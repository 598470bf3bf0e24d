import Sqlite from 'better-sqlite3';
import { closeSync, existsSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from '../shards/database';
import { BackupFault } from './backup-fault';
import type { BackupSource, Copied, CopyTo } from './backup-source';
import { digestOf } from './manifest';

type Connection = Sqlite.Database;

/** How long a file's lock is waited for; who writes there waits for longer. */
const LOCK_MS_MAX = 1_000;
/** SQLite waits for so long at a time, and with it this process. */
const LOCK_TURN_MS = 20;
const PAGES_A_TURN = 1_024;

/**
 * A SQLite file that a service may be using. The fence is the file's write lock, which the service waits for; the snapshot is
 * a read transaction, beside which the service goes on writing into its log.
 */
export class SqliteSource implements BackupSource {
  #lock: Connection | undefined;
  #snapshot: Connection | undefined;

  constructor(private readonly path: string) {}

  open(): Promise<void> {
    if (!existsSync(this.path)) throw new BackupFault('DATABASE_MISSING', `there is no file ${this.path}`);
    this.#lock = new Sqlite(this.path, { fileMustExist: true, timeout: LOCK_TURN_MS });
    this.#snapshot = new Sqlite(this.path, { readonly: true, fileMustExist: true });
    return Promise.resolve();
  }

  async fence(): Promise<void> {
    const until = performance.now() + LOCK_MS_MAX;
    for (;;) {
      try {
        this.#fencing.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== 'SQLITE_BUSY' || performance.now() > until) throw error;
      }
      await sleep(1);
    }
  }

  /** The transaction begins with its first read. */
  openSnapshot(): Promise<void> {
    this.#reading.exec('BEGIN');
    this.#reading.prepare('SELECT COUNT(*) FROM sqlite_schema').get();
    return Promise.resolve();
  }

  proveFence(): Promise<void> {
    if (!this.#fencing.inTransaction) throw new Error(`the lock of ${this.path} is gone`);
    return Promise.resolve();
  }

  lift(): Promise<void> {
    if (this.#lock?.inTransaction === true) this.#lock.exec('ROLLBACK');
    return Promise.resolve();
  }

  read(sql: string): Promise<Cell[][]> {
    return Promise.resolve(this.#reading.prepare(sql).raw().all() as Cell[][]);
  }

  /** SQLite copies from the read transaction that its connection has open. */
  async copy({ folder, id, signal, progress }: CopyTo): Promise<Copied> {
    const name = `${id}.sqlite`;
    const path = join(folder, name);
    closeSync(openSync(path, 'wx', 0o600));
    await this.#reading.backup(path, {
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        progress(totalPages - remainingPages, totalPages);
        return PAGES_A_TURN;
      },
    });
    const file = await open(path, 'r+');
    await file.sync().finally(() => file.close());
    const digest = await digestOf(path);
    if (!digest) throw new Error(`${path} is gone`);
    return { kind: 'sqlite', file: { path: name, ...digest } };
  }

  close(): Promise<void> {
    this.#lock?.close();
    this.#snapshot?.close();
    this.#lock = this.#snapshot = undefined;
    return Promise.resolve();
  }

  get #fencing(): Connection {
    return opened(this.#lock);
  }

  get #reading(): Connection {
    return opened(this.#snapshot);
  }
}

function opened(connection: Connection | undefined): Connection {
  if (!connection) throw new Error('the file is not open');
  return connection;
}
