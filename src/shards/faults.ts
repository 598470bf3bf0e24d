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
  /** A defect or a bad command: another try will not mend it. */
  | 'defect';

/** A database error, classified. The driver's error is the `cause`. */
export class ShardFault extends Error {
  readonly code = 'SHARD_FAULT';

  constructor(
    readonly shard: string,
    readonly verdict: FaultVerdict,
    cause: unknown,
  ) {
    super(`shard ${shard}: ${verdict}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ShardFault';
  }
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

/** What is stored contradicts what must always hold. Never retried, always logged as an error. */
export class InvariantViolation extends Error {
  readonly code = 'INVARIANT_VIOLATION';

  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'InvariantViolation';
  }
}

/** A database that cannot be used as configured: the start is refused by name instead of guessing. */
export class DatabaseRefusedError extends Error {
  constructor(
    readonly code:
      | 'DATA_FOLDER_IN_USE'
      | 'NOT_A_FILE'
      | 'DATABASE_NOT_EMPTY'
      | 'SHARD_IDENTITY_MISMATCH'
      | 'SHARD_NOT_CONFIGURED'
      | 'DATABASE_UNSUPPORTED',
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
export async function unlessUnavailable<T>(shard: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ShardFault) || error.verdict === 'defect') throw error;
    const Unavailable = error.verdict === 'overloaded' ? ShardOverloadedError : ShardUnavailableError;
    throw new Unavailable(shard, error.message, { cause: error });
  }
}
