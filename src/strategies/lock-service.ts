/**
 * Named locks that expire: what `redis-lock` stands on. A lock may be lost at any time, by its expiry or with the server
 * that keeps it, so nothing about money rests on one.
 */
export interface LockService {
  /**
   * Takes the lock, if nobody has it, for `ttlMs` at most.
   *
   * @returns false when somebody has it; `undefined` when nobody can say
   */
  take(name: string, token: string, ttlMs: number): Promise<boolean | undefined>;
  /** Lets go of the lock if it is still this holder's: one that expired may be another's by now. Never rejects. */
  release(name: string, token: string): Promise<void>;
}

/** For one process. The same rules as on a server, expiry included. */
export class InProcessLocks implements LockService {
  readonly #held = new Map<string, { readonly token: string; readonly untilMs: number }>();

  constructor(private readonly now: () => number) {}

  take(name: string, token: string, ttlMs: number): Promise<boolean> {
    const held = this.#held.get(name);
    if (held && held.untilMs > this.now()) return Promise.resolve(false);
    this.#held.set(name, { token, untilMs: this.now() + ttlMs });
    return Promise.resolve(true);
  }

  release(name: string, token: string): Promise<void> {
    if (this.#held.get(name)?.token === token) this.#held.delete(name);
    return Promise.resolve();
  }
}
