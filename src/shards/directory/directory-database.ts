import type { Cell, Database, Parameter } from '../database';
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

/** Statements on the directory's database; a fault that is not a defect is told as `DirectoryUnavailableError`. */
export class DirectoryDatabase {
  constructor(
    private readonly database: Database,
    private readonly noteFault?: NoteFault,
  ) {}

  open(): Promise<void> {
    return this.#guard(() => this.database.open('directory'));
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
      return (await this.database.write(sql, parameters)) > 0;
    } catch (error) {
      if (error instanceof ShardFault && error.verdict === 'lookUpKeys') return false;
      throw this.#asUnavailable(error);
    }
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
      return await run();
    } catch (error) {
      throw this.#asUnavailable(error);
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
