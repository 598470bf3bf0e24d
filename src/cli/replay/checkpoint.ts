import { open, readFile, rename } from 'node:fs/promises';
import { OperatorFault } from '../faults';
import type { Clock } from '../surroundings';

/** Which log, under which ids, at which service: rows may only be skipped when all of it is the same. */
export interface CheckpointKey {
  readonly sha256: string;
  readonly contentBytes: number;
  readonly idPrefix: string;
  readonly url: string;
}

export interface CheckpointRows {
  /** From the log's start, all answered. */
  readonly rowsAnswered: number;
  /** Of these, rejected or not readable. */
  readonly rowsRefused: number;
}

const WRITE_EVERY_MS = 1_000;

/** A file that remembers how far a replay has come. */
export class Checkpoint {
  #writtenAtMs = -Infinity;
  #rowsWritten = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly key: CheckpointKey,
    private readonly clock: Clock,
  ) {}

  /**
   * Where the last run of this replay ended.
   *
   * @param warn told when the file is of no use and the replay starts at the first row, which is safe
   * @throws OperatorFault when the file belongs to another log or other ids: going on would skip or repeat charges
   */
  async read(warn: (text: string) => void): Promise<CheckpointRows> {
    const start = { rowsAnswered: 0, rowsRefused: 0 };
    const text = await readFile(this.file, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return start;
    const found = parseCheckpoint(text);
    if (found === undefined) throw new OperatorFault(`${this.file} is no checkpoint; name another file`);
    const { sha256, contentBytes, idPrefix, url } = this.key;
    if (found.sha256 !== sha256 || found.contentBytes !== contentBytes) {
      throw new OperatorFault(
        `the checkpoint ${this.file} belongs to another log, or to this one before it changed`,
      );
    }
    if (found.idPrefix !== idPrefix) {
      throw new OperatorFault(
        `the checkpoint ${this.file} belongs to a replay with --id-prefix ${found.idPrefix}`,
      );
    }
    if (found.url === url) return found;
    warn(`the checkpoint is of the service at ${found.url}, so nothing is skipped: what it has is replayed`);
    return start;
  }

  /** Notes how far it has come; most calls do nothing. */
  async note(rows: CheckpointRows): Promise<void> {
    const nowMs = this.clock.nowMs();
    if (rows.rowsAnswered === this.#rowsWritten || nowMs - this.#writtenAtMs < WRITE_EVERY_MS) return;
    this.#rowsWritten = rows.rowsAnswered;
    this.#writtenAtMs = nowMs;
    await this.write(rows);
  }

  /** Replaces the file as a whole, so that a crash leaves the old one or the new one. */
  async write({ rowsAnswered, rowsRefused }: CheckpointRows): Promise<void> {
    const text = `${JSON.stringify({ ...this.key, rowsAnswered, rowsRefused })}\n`;
    this.#writing = this.#writing.then(() => replaceFile(this.file, text));
    await this.#writing;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

function parseCheckpoint(text: string): (CheckpointKey & CheckpointRows) | undefined {
  try {
    const value = JSON.parse(text) as CheckpointKey & CheckpointRows;
    return Number.isSafeInteger(value.rowsAnswered) && Number.isSafeInteger(value.rowsRefused)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
