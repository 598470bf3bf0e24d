import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FileId } from './file-in-place';
import type { RowStatement, RowWrite, WriterAnswer, WriterOrder, WriterStart } from './file-writer-thread';

export interface FileWriterTimes {
  /** Until the thread has the file open. */
  readonly startMsMax: number;
  /** For a transaction, its commit's sync to the disk included. */
  readonly writeMsMax: number;
  readonly stopMsMax: number;
}

export interface FileWriterSettings extends FileWriterTimes {
  readonly path: string;
  /** Which file the others opened under the path; by default whatever is there when the thread opens it. */
  readonly opened?: FileId | undefined;
  readonly statements: Readonly<Record<string, RowStatement>>;
}

/** Another connection of this process that still has the file locked is about to let go of it. */
const BUSY_MS_MAX = 1_000;

/** Compiled, or as it stands where the sources are run. */
const THREAD_FILE = join(__dirname, `file-writer-thread${extname(__filename)}`);

interface Waiting {
  done(): void;
  failed(error: Error): void;
}

/**
 * Writes transactions into a SQLite file in a thread of its own, so that neither their statements nor the sync to the disk
 * keep the event loop waiting. One at a time: who writes has the file's writer to itself.
 *
 *     starting ──open──▶ idle ◀──answer── writing
 *         │               │                  │
 *         │              stop         no answer in time
 *         └───────────▶ ending ◀─────────────┘
 *                         │
 *                       ended
 *
 * A transaction that is not answered in time may still be committed until the thread has ended; nobody else must write
 * before that. The thread keeps no process alive that waits for nothing.
 *
 * Errors carry SQLite's `code`, or `WRITER_NOT_STARTED`, `WRITER_ENDED` (whether it was written is unknown), and `atCommit`
 * where it was the COMMIT that failed.
 */
export class FileWriter {
  static readonly #running = new Set<FileWriter>();

  /** Node waits for its threads. A process that is to end at once does not wait for a disk that does not answer. */
  static readonly #onExit = (): void => {
    if ([...FileWriter.#running].some((writer) => writer.#isWriting || writer.#isOverdue))
      process.kill(process.pid, 'SIGKILL');
  };

  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #isEnding = false;
  #isWriting = false;
  /** It did not answer in time, so it may be in the middle of something for long. */
  #isOverdue = false;
  #hasEnded = false;
  /** Resolves when the thread is gone, and with it whatever it had locked. */
  readonly ended: Promise<void>;

  /** Starts the thread; `open` is called next. */
  constructor(private readonly settings: FileWriterSettings) {
    const { path, opened, statements } = settings;
    const workerData: WriterStart = { path, opened, statements, busyMsMax: BUSY_MS_MAX };
    const worker = new Worker(THREAD_FILE, { workerData, name: 'sqlite-writer' });
    this.#worker = worker;
    if (FileWriter.#running.size === 0) process.on('exit', FileWriter.#onExit);
    FileWriter.#running.add(this);
    worker.on('message', (answer: WriterAnswer) => {
      if (answer === 'done') this.#waiting?.done();
      else {
        const { message, code, atCommit } = answer;
        this.#waiting?.failed(Object.assign(new Error(message), { code, atCommit }));
      }
    });
    worker.on('error', (error) => this.#waiting?.failed(ended('broke down', error)));
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#isEnding = this.#hasEnded = true;
        this.#waiting?.failed(ended('has ended'));
        FileWriter.#running.delete(this);
        if (FileWriter.#running.size === 0) process.off('exit', FileWriter.#onExit);
        resolve();
      });
    });
  }

  /** Takes no more transactions. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @throws an error with SQLite's `code`, or `WRITER_NOT_STARTED`; then it ends */
  async open(): Promise<void> {
    try {
      await this.#answer(this.settings.startMsMax, 'WRITER_NOT_STARTED');
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#worker.unref();
  }

  /** Durable when it resolves; when it rejects with a code of SQLite's, nothing was written. */
  async write(writes: readonly RowWrite[]): Promise<void> {
    if (this.#isWriting) throw new Error('a transaction is under way already');
    if (this.#isEnding) throw ended('has ended');
    this.#isWriting = true;
    try {
      this.#worker.postMessage(writes satisfies WriterOrder);
      await this.#answer(this.settings.writeMsMax, 'WRITER_ENDED');
    } finally {
      this.#isWriting = false;
    }
  }

  /** Closes the file and ends the thread; one that does not end in time is left behind. */
  async stop(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#worker.postMessage('close' satisfies WriterOrder);
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#isOverdue = true;
        this.#end();
        resolve();
      }, this.settings.stopMsMax);
    });
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
  }

  /** The timer keeps the process alive until the answer is there. */
  #answer(msMax: number, code: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#isOverdue = true;
        this.#end();
        waiting.failed(
          Object.assign(new Error(`no answer from the writer's thread in ${msMax} ms`), { code }),
        );
      }, msMax);
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
      };
      const waiting: Waiting = {
        done: () => {
          settle();
          resolve();
        },
        failed: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waiting = waiting;
    });
  }

  #end(): void {
    this.#isEnding = true;
    void this.#worker.terminate();
  }
}

function ended(how: string, cause?: unknown): Error {
  return Object.assign(new Error(`the writer's thread ${how}`, { cause }), { code: 'WRITER_ENDED' });
}
