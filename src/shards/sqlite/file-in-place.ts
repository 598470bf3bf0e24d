import { statSync } from 'node:fs';
import { DatabaseRefusedError } from '../faults';

/** Which file a path names: its device and inode. */
export type FileId = `${bigint}:${bigint}`;

/** SQLite goes on writing into files that were deleted: what is in the log that no path names any more is lost with the process. */
const ENDINGS = ['', '-wal', '-shm'];

/**
 * Whether a database's files are still those that are open. A file that is open keeps its inode to itself, so another file
 * under the path has another one. The database itself only grows here.
 */
export class FileInPlace {
  readonly #seen = new Map<string, FileId>();
  #bytes = 0n;

  constructor(private readonly path: string) {}

  /** The database file as it was first seen. */
  get database(): FileId | undefined {
    return this.#seen.get(this.path);
  }

  /**
   * Files are compared from the first time that they are seen.
   *
   * @throws DatabaseRefusedError `FILE_REPLACED`
   */
  assert(): void {
    for (const ending of ENDINGS) this.#assertSame(this.path + ending, ending === '');
  }

  /** This process itself closed the database's last connection and opened it again: SQLite makes its log anew then. */
  forgetLog(): void {
    for (const ending of ENDINGS) if (ending !== '') this.#seen.delete(this.path + ending);
  }

  #assertSame(file: string, isDatabase: boolean): void {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    const seen = this.#seen.get(file);
    if (!found) {
      if (seen !== undefined) throw replaced(file, 'was removed');
      return;
    }
    const id: FileId = `${found.dev}:${found.ino}`;
    if (seen === undefined) this.#seen.set(file, id);
    else if (seen !== id) throw replaced(file, 'was replaced by another file');
    if (!isDatabase) return;
    if (found.size < this.#bytes) throw replaced(file, 'was cut short');
    this.#bytes = found.size;
  }
}

function replaced(file: string, how: string): DatabaseRefusedError {
  return new DatabaseRefusedError(
    'FILE_REPLACED',
    `${file} ${how} while it was open: put it back, or stop the service and restore it`,
  );
}
