import type { Later } from '../surroundings';

interface Waiter {
  readonly holder: object;
  readonly grant: () => void;
  readonly giveUp: (reason: Error) => void;
}

interface Lock {
  holder: object;
  readonly waiting: Waiter[];
}

export interface LockWait {
  /** A lock that is not granted after this long is given up, as InnoDB's `innodb_lock_wait_timeout` does. */
  readonly msMax: number;
  readonly later: Later;
}

/** A lock was waited for too long. */
export class LockWaitTimeoutError extends Error {
  readonly errno = 1205;

  constructor(key: string) {
    super(`lock wait timeout exceeded for row "${key}"`);
  }
}

/** The transaction ended while it waited: its client is gone. */
export class LockWaitEndedError extends Error {
  constructor(key: string) {
    super(`the transaction was ended while it waited for row "${key}"`);
  }
}

/** Replication rolled the transaction back while it waited. */
export class LockTakenError extends Error {
  constructor(key: string) {
    super(`the transaction was rolled back while it waited for row "${key}"`);
  }
}

/** Exclusive locks on rows that exist, held by transactions until they end and granted in the order they were asked for. */
export class RowLocks {
  readonly #locks = new Map<string, Lock>();
  readonly #held = new Map<object, Set<string>>();
  readonly #ended = new WeakSet<object>();

  /** @param wait without it, waits are endless */
  constructor(private readonly wait?: LockWait) {}

  /** Rejects with `LockWaitTimeoutError` or `LockWaitEndedError`. A lock that is held already is granted again. */
  acquire(key: string, holder: object): Promise<void> | undefined {
    if (this.#ended.has(holder)) return Promise.reject(new LockWaitEndedError(key));
    const lock = this.#locks.get(key);
    if (!lock) {
      this.#locks.set(key, { holder, waiting: [] });
      this.#note(key, holder);
      return undefined;
    }
    if (lock.holder === holder) return undefined;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        holder,
        grant: () => {
          callOff?.();
          resolve();
        },
        giveUp: (reason) => {
          callOff?.();
          lock.waiting.splice(lock.waiting.indexOf(waiter), 1);
          reject(reason);
        },
      };
      const callOff = this.wait?.later(this.wait.msMax, () => {
        waiter.giveUp(new LockWaitTimeoutError(key));
      });
      lock.waiting.push(waiter);
    });
  }

  /** Whether another transaction has it. */
  isLocked(key: string): boolean {
    return this.#locks.has(key);
  }

  /** Lets go of all that a transaction holds, and of its place in any queue. It gets no other lock. */
  release(holder: object): void {
    this.#ended.add(holder);
    this.takeFrom(holder, (key) => new LockWaitEndedError(key));
  }

  /** Takes all that a transaction holds, and its place in any queue. */
  takeFrom(holder: object, reason: (key: string) => Error = (key) => new LockTakenError(key)): void {
    for (const [key, { waiting }] of this.#locks)
      waiting.find((waiter) => waiter.holder === holder)?.giveUp(reason(key));
    const held = this.#held.get(holder) ?? [];
    this.#held.delete(holder);
    for (const key of held) this.#pass(key);
  }

  #pass(key: string): void {
    const lock = this.#locks.get(key);
    const next = lock?.waiting.shift();
    if (!lock || !next) {
      this.#locks.delete(key);
      return;
    }
    lock.holder = next.holder;
    this.#note(key, next.holder);
    next.grant();
  }

  #note(key: string, holder: object): void {
    const held = this.#held.get(holder);
    if (held) held.add(key);
    else this.#held.set(holder, new Set([key]));
  }
}
