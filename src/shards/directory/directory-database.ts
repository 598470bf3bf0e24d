import { type Cell, type Database, type Parameter, unsynced } from '../database';
import { type NoteFault, ShardFault } from '../faults';
import { nowUs, statementUs } from '../statements/now';

/** A time that is to come, further ahead than what set it asked for by this, is of a clock that was ahead. */
export const AHEAD_US_MAX = 3_600_000_000;

/** The directory could not be asked. Nothing was changed, or the change is found by asking again. */
export class DirectoryUnavailableError extends Error {
  readonly code = 'DIRECTORY_UNAVAILABLE';
}

/** Too many wait for the directory already. Nothing was done. */
export class DirectoryOverloadedError extends DirectoryUnavailableError {
  override readonly name = 'DirectoryOverloadedError';
}

/** Who times the directory's statements. */
export interface DirectoryWatch {
  /** Milliseconds since any moment. */
  readonly now: () => number;
  readonly asked: (answer: { readonly seconds: number; readonly isUp: boolean }) => void;
}

/** What a database answers that is up. */
const ANSWERS: readonly ShardFault['verdict'][] = ['again', 'lookUpKeys', 'defect'];

/** Statements on the directory's database; a fault that is not a defect is told as `DirectoryUnavailableError`. */
export class DirectoryDatabase {
  constructor(
    private readonly database: Database,
    private readonly noteFault?: NoteFault,
    private readonly watch?: DirectoryWatch,
  ) {}

  /** Migrations may take long, and are not timed. */
  async open(): Promise<void> {
    try {
      await this.database.open('directory');
    } catch (error) {
      throw this.#asUnavailable(error);
    }
  }

  close(): Promise<void> {
    return this.database.close();
  }

  /** The database's clock as an SQL expression, in microseconds since 1970. */
  get now(): string {
    return nowUs(this.database.dialect);
  }

  /** The same, one value for the whole statement: the end of a range of an index. */
  get statementNow(): string {
    return statementUs(this.database.dialect);
  }

  get dialect(): Database['dialect'] {
    return this.database.dialect;
  }

  /** @returns false when a row under this key exists already, or the statement selects nothing to insert */
  async insertOnce(sql: string, parameters: readonly Parameter[]): Promise<boolean> {
    try {
      return (await this.#timed(() => this.database.write(sql, parameters))) > 0;
    } catch (error) {
      if (error instanceof ShardFault && error.verdict === 'lookUpKeys') return false;
      throw this.#asUnavailable(error);
    }
  }

  /** The same, and not synced by itself; see `Database.writeUnsynced`. */
  async insertOnceUnsynced(sql: string, parameters: readonly Parameter[]): Promise<boolean> {
    try {
      return (await this.#timed(() => unsynced(this.database, sql, parameters))) > 0;
    } catch (error) {
      if (error instanceof ShardFault && error.verdict === 'lookUpKeys') return false;
      throw this.#asUnavailable(error);
    }
  }

  /** @returns the number of rows that matched; see `Database.writeUnsynced` */
  writeUnsynced(sql: string, parameters: readonly Parameter[]): Promise<number> {
    return this.#guard(() => unsynced(this.database, sql, parameters));
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    return this.#guard(() => this.database.read(sql, parameters));
  }

  /** @returns the number of rows that matched, changed or not */
  write(sql: string, parameters: readonly Parameter[]): Promise<number> {
    return this.#guard(() => this.database.write(sql, parameters));
  }

  async #guard<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await this.#timed(run);
    } catch (error) {
      throw this.#asUnavailable(error);
    }
  }

  async #timed<T>(run: () => Promise<T>): Promise<T> {
    const { watch } = this;
    if (!watch) return run();
    const begunAt = watch.now();
    let isUp = false;
    try {
      const answer = await run();
      isUp = true;
      return answer;
    } catch (error) {
      isUp = !(error instanceof ShardFault) || ANSWERS.includes(error.verdict);
      throw error;
    } finally {
      watch.asked({ seconds: (watch.now() - begunAt) / 1_000, isUp });
    }
  }

  #asUnavailable(error: unknown): unknown {
    if (!(error instanceof ShardFault)) return error;
    this.noteFault?.(error);
    if (error.verdict === 'defect') return error;
    const Unavailable = error.verdict === 'overloaded' ? DirectoryOverloadedError : DirectoryUnavailableError;
    return new Unavailable(`the directory cannot be asked: ${error.message}`, { cause: error });
  }
}
