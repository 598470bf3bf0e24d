import Sqlite from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LevelChange } from '../model/level-model';
import { linesOf, readAccountEvent } from '../../../src/shards/directory/told-change';
import type { Cell, Database, Parameter } from '../../../src/shards/database';
import { ShardFault } from '../../../src/shards/faults';
import { SqliteFile } from '../../../src/shards/sqlite/sqlite-file';
import { sqliteFault } from '../../../src/shards/sqlite/sqlite-faults';

/** The directory's tables as the migrations make them, ready to be copied into every world. */
export async function makeDirectoryImage(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-sim-'));
  try {
    const path = join(folder, 'directory.sqlite');
    const file = SqliteFile.open(path);
    await file.migrate('directory');
    await file.close();
    // A database in memory has no log beside it.
    const plain = new Sqlite(path);
    plain.pragma('journal_mode = DELETE');
    plain.close();
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ENDED_FOR_GOOD = `
  CREATE TEMP TRIGGER ended_for_good AFTER UPDATE OF step, status ON operation
  WHEN (OLD.step = 'ended' AND NEW.step <> 'ended') OR (OLD.status <> 'running' AND NEW.status <> OLD.status)
  BEGIN
    SELECT reopened(OLD.operation_id || ' from ' || OLD.step || '/' || OLD.status || ' to ' || NEW.step || '/' || NEW.status);
  END`;

const LEVEL_CHANGED = `
  CREATE TEMP TRIGGER level_changed AFTER UPDATE OF level_version ON account
  WHEN OLD.level_version <> NEW.level_version
  BEGIN
    SELECT level_changed(NEW.account_id, OLD.level, NEW.level, NEW.low_balance, OLD.untold, NEW.untold);
  END`;

/** What the directory's server tells of what is written. */
export interface DirectoryWatcher {
  /** An operation that had ended goes on, or comes to something else. */
  readonly reopened: (operation: string) => void;
  readonly levelChanged: (accountId: string, change: LevelChange) => void;
}

/** The directory's server: the real SQL on a real SQLite database in memory, under the world's time. */
export class DirectoryServer {
  isAway = false;
  readonly #database: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement>();

  constructor(image: Buffer, clockUs: () => number, { reopened, levelChanged }: DirectoryWatcher) {
    this.#database = new Sqlite(image);
    this.#database.defaultSafeIntegers(true);
    this.#database.function('reopened', (operation) => {
      reopened(String(operation));
      return null;
    });
    this.#database.function('level_changed', (accountId, before, after, low, untoldBefore, untold) => {
      levelChanged(String(accountId), {
        before: before as string | null,
        after: after as string | null,
        lowBalanceMinor: low as bigint | null,
        told: toldIn(untoldBefore as string | null, untold as string | null),
      });
      return null;
    });
    this.#database.exec(ENDED_FOR_GOOD);
    this.#database.exec(LEVEL_CHANGED);
    let lastUs = 0;
    // Rises, as the embedded store's clock does: a clock that goes back is told by one that stands still.
    this.#database.function('now_us', { deterministic: false }, () =>
      BigInt((lastUs = Math.max(lastUs + 1, Math.floor(clockUs())))),
    );
  }

  read(sql: string, parameters: readonly Parameter[]): Cell[][] {
    return this.#prepared(sql)
      .raw()
      .all(...parameters) as Cell[][];
  }

  write(sql: string, parameters: readonly Parameter[]): number {
    return this.#prepared(sql).run(...parameters).changes;
  }

  close(): void {
    this.#database.close();
  }

  #prepared(sql: string): Sqlite.Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

/** What the way to the directory does to a statement and its answer. Resolves when it is through; rejects with a fault. */
export interface DirectoryLine {
  there(): Promise<void>;
  back(): Promise<void>;
}

/** One instance's connection to the directory. */
export class SimDirectory implements Database {
  readonly dialect = 'sqlite';

  constructor(
    private readonly server: DirectoryServer,
    private readonly line: DirectoryLine,
  ) {}

  open(): Promise<void> {
    return this.#ask(() => undefined);
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    return this.#ask(() => this.server.read(sql, parameters));
  }

  readSettled(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    return this.read(sql, parameters);
  }

  write(sql: string, parameters: readonly Parameter[] = []): Promise<number> {
    return this.#ask(() => this.server.write(sql, parameters));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ask<T>(run: () => T): Promise<T> {
    await this.line.there();
    if (this.server.isAway) throw new ShardFault('directory', 'unavailable', new Error('it is away'));
    let answer: T;
    try {
      answer = run();
    } catch (error) {
      throw sqliteFault('directory', error);
    }
    await this.line.back();
    return answer;
  }
}

/** The crossing that a statement has appended to what is to be told, if it has. */
function toldIn(before: string | null, after: string | null): LevelChange['told'] {
  const line = linesOf(after ?? '').at(-1);
  if (line === undefined || before === after) return undefined;
  const { type, balance } = readAccountEvent(line);
  if (!balance) return undefined;
  const { available, refused } = balance;
  return {
    crossing: type.replace('balance.', ''),
    availableMinor: BigInt(available),
    refusedMinor: refused === null ? null : BigInt(refused),
  };
}
