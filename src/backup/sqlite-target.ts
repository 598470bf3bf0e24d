import Sqlite from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { restoringFile } from '../shards/sqlite/unfinished-restore';
import { BackupFault } from './backup-fault';
import { syncFolder } from './manifest';
import type { FillFrom, RestoreTarget } from './restore-target';

const ENDS = ['-wal', '-shm', '-journal'];

/**
 * A file is filled under another name, and has its own once it is whole. A service that finds the other name alone refuses to
 * start (`refuseUnfinishedRestore`).
 */
export class SqliteTarget implements RestoreTarget {
  readonly #beside: string;

  constructor(private readonly path: string) {
    this.#beside = restoringFile(path);
  }

  leftIncarnations(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(existsSync(this.path) ? [] : incarnationsIn(this.#beside, 'shard')));
  }

  assertEmpty(left: ReadonlySet<string>): Promise<void> {
    const beside = ENDS.map((end) => this.path + end).find((file) => existsSync(file));
    const found = existsSync(this.path) && !this.#isLeft(left) ? this.path : beside;
    if (found !== undefined)
      throw new BackupFault('RESTORE_TARGET_NOT_EMPTY', `${found} exists: restore to an empty data folder`);
    return Promise.resolve();
  }

  async mark(): Promise<void> {
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(this.#beside, 'a', 0o600);
    await file.sync().finally(() => file.close());
    // `assertEmpty` has shown that the unfinished restore made it; looking into it may have left files beside it.
    for (const end of ['', ...ENDS]) await rm(this.path + end, { force: true });
    await syncFolder(folder);
  }

  async fill({ folder, database, adapt, signal, progress }: FillFrom): Promise<void> {
    if (database.kind !== 'sqlite') throw new Error('a file is restored from a file');
    for (const end of ENDS) await rm(this.#beside + end, { force: true });
    await copyFile(join(folder, database.file.path), this.#beside);
    signal.throwIfAborted();
    await chmod(this.#beside, 0o600);
    const connection = new Sqlite(this.#beside);
    try {
      for (const statement of adapt) connection.exec(statement);
    } finally {
      connection.close();
    }
    const file = await open(this.#beside, 'r+');
    await file.sync().finally(() => file.close());
    progress(1, 1);
  }

  async finish(): Promise<void> {
    await rename(this.#beside, this.path);
    await syncFolder(dirname(this.path));
  }

  async abandon(): Promise<void> {
    for (const end of ['', ...ENDS]) await rm(this.#beside + end, { force: true });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #isLeft(left: ReadonlySet<string>): boolean {
    return (
      left.size > 0 &&
      incarnationsIn(this.path, 'shard_identity').some((incarnation) => left.has(incarnation))
    );
  }
}

/** The incarnations in a table of a file that may be no database, or half of one. */
function incarnationsIn(path: string, table: 'shard' | 'shard_identity'): string[] {
  if (!existsSync(path)) return [];
  let connection: Sqlite.Database | undefined;
  try {
    connection = new Sqlite(path, { readonly: true, fileMustExist: true });
    return connection
      .prepare<[], string | null>(`SELECT incarnation FROM ${table}`)
      .pluck()
      .all()
      .filter((incarnation) => incarnation !== null);
  } catch {
    return [];
  } finally {
    connection?.close();
  }
}
