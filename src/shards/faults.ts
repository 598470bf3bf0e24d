/** What to do about a database error; the retry tables of the dialects map error codes to these. */
export type FaultVerdict =
  /** A key of the batch exists already: roll back, look the keys up, decide again. */
  | 'lookUpKeys'
  /** Deadlock, lock timeout or busy file: nothing was done; run the whole batch again. */
  | 'again'
  /** The connection was lost or timed out in the middle: the batch may have committed. Its keys make another run safe. */
  | 'outcomeUnknown'
  /** Too many wait for a session of this database already: nothing was done. */
  | 'overloaded'
  /** The database does not take transactions now (refused, shutting down, full): nothing was done. */
  | 'unavailable'
  /**
   * The database answered with an error that no table knows: nothing was done. It is taken for the database's trouble and
   * never for a defect of the service; one command of the batch may still be what it is about.
   */
  | 'unclassified'
  /** A statement of the service is wrong, or its values are: another try will not mend it. */
  | 'defect';

/** ER_LOCK_WAIT_TIMEOUT of MySQL and MariaDB; the store in memory reports the same. */
export const LOCK_WAIT_TIMEOUT = '1205';

/** A SQLite file's lock was not to be had in time. Writers of this process never meet, so another process has it. */
export const FILE_LOCKED = 'SQLITE_BUSY';

/**
 * What databases report when there is no room left to write: ENOSPC of a storage engine, a full disk or table of MySQL and
 * MariaDB, and of SQLite also that the index of its log could not grow.
 */
const OUT_OF_ROOM = new Set(['28', '1021', '1114', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC']);

/** A database error, classified. The driver's error is the `cause`. */
export class ShardFault extends Error {
  readonly code = 'SHARD_FAULT';
  /** The server's error number, or the code of the driver or the operating system where the server gave none. */
  readonly reported: string;

  constructor(
    readonly shard: string,
    readonly verdict: FaultVerdict,
    cause: unknown,
  ) {
    super(`shard ${shard}: ${verdict}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ShardFault';
    this.reported = reportedBy(cause);
  }

  /** The database has no room left: nothing can be written there until there is some. */
  get isOutOfRoom(): boolean {
    return OUT_OF_ROOM.has(this.reported);
  }

  /** A lock was waited for as long as the session waits for one: somebody holds a row, or a place in an index, for long. */
  get isLockWait(): boolean {
    return this.verdict === 'again' && this.reported === LOCK_WAIT_TIMEOUT;
  }

  /** Another process has a SQLite file locked, and with it every account of the shard. */
  get isFileLocked(): boolean {
    return this.verdict === 'again' && this.reported === FILE_LOCKED;
  }
}

function reportedBy(cause: unknown): string {
  const { errno = 0, code } = (cause ?? {}) as { errno?: number; code?: string };
  return errno > 0 ? String(errno) : (code ?? 'none');
}

/** Is told of every fault of a database that is more than a key that exists already. Must be fast and must not throw. */
export type NoteFault = (fault: ShardFault) => void;

/**
 * What a fault of the COMMIT itself means. A conflict is known to have rolled the transaction back; after any other error
 * the transaction may have been committed all the same.
 */
export function faultAtCommit(fault: ShardFault): ShardFault {
  return fault.verdict === 'again' ? fault : new ShardFault(fault.shard, 'outcomeUnknown', fault.cause);
}

/** Whether an error without a server's number comes from the service's own code, e.g. a `TypeError`. */
export function isOwnMistake(code: string | undefined): boolean {
  return code === undefined || (code.startsWith('ERR_') && !/^ERR_(SSL|TLS)_/.test(code));
}

/** The shard could not be reached or did not answer in time. A command may or may not have taken effect. */
export class ShardUnavailableError extends Error {
  readonly code = 'SHARD_UNAVAILABLE';

  constructor(
    readonly shard: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`shard ${shard} is unavailable: ${detail}`, options);
    this.name = 'ShardUnavailableError';
  }
}

/**
 * Too many wait for this shard already. Nothing was done. Whoever can do without a shard that is unavailable can do without
 * this one too; only the answer that leaves the service says which of them it was.
 */
export class ShardOverloadedError extends ShardUnavailableError {
  override readonly name = 'ShardOverloadedError';
}

/** Whether a shard, or the directory, could not be written because its database has no room left. */
export function isForWantOfRoom(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof ShardFault && error.cause.isOutOfRoom;
}

/**
 * Whether a batch failed by an error that nobody knows. It may be about one of its commands, or the whole shard may be in
 * trouble: only smaller batches can show which.
 */
export function isUnclassified(error: unknown): error is ShardUnavailableError {
  return (
    error instanceof ShardUnavailableError &&
    error.cause instanceof ShardFault &&
    error.cause.verdict === 'unclassified'
  );
}

/** Tries were spent on lock conflicts. Nothing was done. */
export class ShardContendedError extends Error {
  readonly code = 'OVERLOADED';

  constructor(
    readonly shard: string,
    readonly tries: number,
    options?: ErrorOptions,
  ) {
    super(`shard ${shard}: still in conflict after ${tries} tries`, options);
    this.name = 'ShardContendedError';
  }
}

/**
 * Somebody else's transaction holds locks that a batch needs, for longer than a batch waits for one. Whatever the batch had
 * done was rolled back; the other accounts of it need not wait.
 */
export class AccountsLockedError extends Error {
  readonly code = 'OVERLOADED';

  constructor(
    readonly shard: string,
    /** Whose rows are locked, if that could be asked. Empty where all rows are free and something else is locked: a place in an index. */
    readonly accounts: ReadonlySet<string> | undefined,
    /** An earlier try of the same batch had an unknown outcome. */
    readonly mayHaveCommitted: boolean,
    options?: ErrorOptions,
  ) {
    super(`shard ${shard}: locked by others: ${accounts ? [...accounts].join(', ') : 'unknown'}`, options);
    this.name = 'AccountsLockedError';
  }
}

export { InvariantViolation } from '../ledger/invariant-violation';

/** A database that cannot be used as configured: the start is refused by name instead of guessing. */
export class DatabaseRefusedError extends Error {
  constructor(
    readonly code:
      | 'DATA_FOLDER_IN_USE'
      | 'FOLDER_NOT_WRITABLE'
      | 'DATABASE_ACCESS_DENIED'
      | 'SHARD_UNUSABLE'
      | 'NOT_A_FILE'
      | 'FILE_REPLACED'
      | 'DATABASE_NOT_EMPTY'
      | 'RESTORE_UNFINISHED'
      | 'SHARD_IDENTITY_MISMATCH'
      | 'SHARD_NOT_CONFIGURED'
      | 'SHARD_EMPTY'
      | 'SHARD_NOT_LOST'
      | 'DATABASE_UNSUPPORTED'
      | 'SCHEMA_TOO_NEW'
      | 'SCHEMA_ALTERED',
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
    this.name = 'DatabaseRefusedError';
  }
}

/**
 * Runs something outside a batch, where there is nothing to decide again: a fault that is not a defect means "not now".
 *
 * Rejects with `ShardUnavailableError` for such a fault, and with anything else as it came.
 */
export async function unlessUnavailable<T>(
  shard: string,
  run: () => Promise<T>,
  noteFault?: NoteFault,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ShardFault)) throw error;
    noteFault?.(error);
    if (error.verdict === 'defect') throw error;
    const Unavailable = error.verdict === 'overloaded' ? ShardOverloadedError : ShardUnavailableError;
    throw new Unavailable(shard, error.message, { cause: error });
  }
}
