import type { Changes } from '../../ledger/shard-state';
import {
  type BatchStore,
  type BatchTransaction,
  type Committed,
  COMMITTED,
  type FoundKeys,
  type KeyScope,
  type Locked,
  NOTHING_FOUND,
  type RowScope,
} from '../batch-transaction';
import type { ShardIdentity } from '../shard-identity';
import type { Waits } from '../waits';
import { BatchReads } from './batch-reads';
import { BATCH_WRITES, batchWrites } from './batch-writes';
import { FileWriter, type FileWriterTimes } from './file-writer';
import { passProcessClock, processClockUs } from './process-clock';
import { sqliteCommitFault, sqliteFault } from './sqlite-faults';
import type { SqliteFile } from './sqlite-file';

/** As the statements of the other stores. */
export function writerTimes({ statementMsMax }: Waits): FileWriterTimes {
  return { startMsMax: statementMsMax, writeMsMax: statementMsMax, stopMsMax: 2_000 };
}

/**
 * Batches on a SQLite file, one at a time. Who has passed the file's turnstile has all of its rows locked: the file
 * belongs to this process, and whoever writes in it passes there. So a batch reads and decides before there is a
 * transaction, and is written in one, BEGIN IMMEDIATE … COMMIT, by the file's own thread.
 */
export class SqliteBatchStore implements BatchStore {
  #isOpen = false;
  #reads: BatchReads | undefined;
  #writer: FileWriter | undefined;

  constructor(
    readonly name: string,
    private readonly file: SqliteFile,
    private readonly keepsFeed: boolean,
    private readonly times: FileWriterTimes,
  ) {}

  /** The file is opened with the shard's database; its thread is started here. */
  async open(): Promise<void> {
    this.#isOpen = true;
    await (await this.begin()).rollback();
  }

  /** What is under way is let through. */
  async close(): Promise<void> {
    this.#isOpen = false;
    const writer = this.#writer;
    if (!writer) return;
    const { leave } = await this.#passUnlessStuck();
    await writer.stop();
    leave();
  }

  /** A file has one lock, and no row of it is locked apart from the others. */
  lockedAccounts(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set());
  }

  async begin(): Promise<BatchTransaction> {
    try {
      if (!this.#isOpen) throw coded('NOT_OPEN', 'the store is not open');
      // There is no use in waiting for what does not end.
      if (this.#isStuck) throw coded('WRITER_STUCK', "the writer's thread does not answer");
      const { leave } = await this.file.enterWriter();
      try {
        return new SqliteBatchTransaction(this.name, {
          reads: this.#currentReads(),
          writer: await this.#runningWriter(),
          leave,
          keepsFeed: this.keepsFeed,
          failed: () => {
            this.file.distrust();
          },
        });
      } catch (error) {
        leave();
        throw error;
      }
    } catch (error) {
      throw sqliteFault(this.name, error);
    }
  }

  get #isStuck(): boolean {
    return this.#writer !== undefined && this.#writer.isEnding && !this.#writer.hasEnded;
  }

  async #passUnlessStuck(): Promise<{ leave: () => void }> {
    return this.#isStuck ? { leave: () => undefined } : this.file.enterWriter();
  }

  /** A thread that has ended is replaced by a new one. */
  async #runningWriter(): Promise<FileWriter> {
    if (!this.#writer || this.#writer.isEnding) {
      const { path, opened } = this.file;
      this.#writer = new FileWriter({ ...this.times, path, opened, statements: BATCH_WRITES });
      await this.#writer.open();
    }
    return this.#writer;
  }

  #currentReads(): BatchReads {
    const { reader } = this.file;
    if (this.#reads?.connection !== reader) this.#reads = new BatchReads(reader);
    return this.#reads;
  }
}

class SqliteBatchTransaction implements BatchTransaction {
  constructor(
    private readonly name: string,
    private readonly parts: {
      readonly reads: BatchReads;
      readonly writer: FileWriter;
      readonly keepsFeed: boolean;
      readonly leave: () => void;
      readonly failed: () => void;
    },
  ) {}

  lock(scope: RowScope): Promise<Locked> {
    return this.#try(() => {
      const { reads } = this.parts;
      return reads.together(() => {
        const rows = reads.rows(scope);
        const found = scope.keys ? reads.keys(scope.keys) : NOTHING_FOUND;
        return { nowUs: processClockUs(), rows, found };
      });
    });
  }

  lookUp(keys: KeyScope): Promise<FoundKeys> {
    return this.#try(() => this.parts.reads.together(() => this.parts.reads.keys(keys)));
  }

  /** The connection that the rows were read on has one file for as long as it is open. */
  identity(): Promise<ShardIdentity | undefined> {
    return this.#try(() => this.parts.reads.identity());
  }

  async commit(changes: Changes): Promise<Committed> {
    passProcessClock(changes.nowUs + changes.entries.length);
    try {
      await this.parts.writer.write(batchWrites(changes, this.parts.keepsFeed));
    } catch (error) {
      this.parts.failed();
      const { atCommit } = error as { atCommit?: boolean };
      throw atCommit ? sqliteCommitFault(this.name, error) : sqliteFault(this.name, error);
    }
    this.parts.leave();
    return COMMITTED;
  }

  /** Nothing is to be taken back. But what a thread was given that does not answer may be written until it has ended. */
  rollback(): Promise<void> {
    const { writer, leave } = this.parts;
    if (writer.isEnding) void writer.ended.then(leave);
    else leave();
    return Promise.resolve();
  }

  #try<T>(run: () => T): Promise<T> {
    try {
      return Promise.resolve(run());
    } catch (error) {
      return Promise.reject(sqliteFault(this.name, error));
    }
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
