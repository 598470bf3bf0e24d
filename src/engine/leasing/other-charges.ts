import type { AccountRecord } from '../../shards/directory/account-record';
import type { Surroundings } from '../../shards/surroundings';
import type { AccountCache } from '../account-cache';
import type { EngineOutcome } from '../engine-outcome';
import type { EngineObserver } from '../observer';
import type { Request } from '../router';
import type { Deferred, DeferredKeys } from './deferred';

export interface OtherChargesParts {
  readonly accounts: AccountCache;
  readonly observer: EngineObserver;
  readonly surroundings: Surroundings;
  readonly keys: DeferredKeys;
}

const NOT_IN_TIME = 'it could not be charged before the instance stopped';

const AT_ONCE_MAX = 64;
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 1_000;

/**
 * Charges what was answered from a lease that was lost before it was written, because it expired or the account moved:
 * under its key, like any request, by the account's present placement. What the account will not pay any more is a
 * shortfall, counted and logged.
 */
export class OtherCharges {
  readonly #waiting: Deferred[] = [];
  /** What is not decided, and how to say that it was tried. */
  readonly #open = new Map<Deferred, PromiseWithResolvers<void>>();
  /** How many of an account are not decided. */
  readonly #undecided = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(
    private readonly parts: OtherChargesParts,
    private readonly submit: (request: Request, account: AccountRecord) => Promise<EngineOutcome>,
  ) {}

  /** Whether something of the account is not decided: until then a crash may lose it, and nothing more is leased. */
  isCharging(accountId: string): boolean {
    return this.#undecided.has(accountId);
  }

  /** @param afterwards what must have ended before; must not reject */
  add(lost: readonly Deferred[], afterwards: Promise<unknown>): void {
    for (const each of lost) {
      this.#open.set(each, Promise.withResolvers());
      this.#count(each.entry.accountId, 1);
    }
    const begun = afterwards.then(() => {
      this.#waiting.push(...lost);
      for (let more = Math.min(lost.length, AT_ONCE_MAX - this.#running.size); more > 0; more -= 1)
        this.#track(this.#run());
    });
    this.#track(begun);
  }

  /** Resolves when it was charged, or could not be just now. */
  async tried(lost: Deferred): Promise<void> {
    await this.#open.get(lost)?.promise;
  }

  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #track(running: Promise<void>): void {
    const tracked = running.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  #count(accountId: string, change: number): void {
    const count = (this.#undecided.get(accountId) ?? 0) + change;
    if (count === 0) this.#undecided.delete(accountId);
    else this.#undecided.set(accountId, count);
  }

  /** Tries each once more; what cannot be decided then is a shortfall. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.whenIdle();
  }

  /** The process ends: whatever is not decided yet is a shortfall. */
  giveUp(): void {
    this.#waiting.length = 0;
    for (const lost of this.#open.keys()) this.#tell(lost, NOT_IN_TIME);
  }

  async #run(): Promise<void> {
    for (let lost = this.#waiting.shift(); lost; lost = this.#waiting.shift()) {
      await this.#charge(lost);
      this.parts.keys.delete(lost);
      this.#count(lost.entry.accountId, -1);
      this.#open.get(lost)?.resolve();
      this.#open.delete(lost);
    }
  }

  #tell(lost: Deferred, reason: string): void {
    // Once: what was given up may still come to an end.
    const open = this.#open.get(lost);
    if (!open) return;
    this.#open.delete(lost);
    open.resolve();
    this.parts.observer.shortfall({ ...lost.entry, reason });
  }

  async #charge(lost: Deferred): Promise<void> {
    const { surroundings, observer } = this.parts;
    const { entry } = lost;
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
      const kind = await this.#tryOnce(entry);
      switch (kind) {
        case 'applied':
          observer.flushed({ deductions: 1, found: 0 });
          return;
        case 'replayed':
          observer.flushed({ deductions: 1, found: 1 });
          return;
        case 'undecided':
        case 'overloaded':
        case 'shardUnavailable':
        case 'failed':
          if (!this.#stopped) break;
          this.#tell(lost, NOT_IN_TIME);
          return;
        default:
          this.#tell(lost, kind);
          return;
      }
      this.#open.get(lost)?.resolve();
      await surroundings.sleep(pauseMs);
    }
  }

  async #tryOnce(entry: Deferred['entry']): Promise<EngineOutcome['kind'] | 'undecided'> {
    const { accountId, requestId, amountMinor, fingerprint, reference, metadata } = entry;
    try {
      const account = await this.parts.accounts.read(accountId);
      if (!account) return 'undecided';
      const request = { accountId, requestId, amountMinor, fingerprint, reference, metadata } as const;
      return (await this.submit({ ...request, kind: 'deduct' }, account)).kind;
    } catch (error) {
      this.parts.observer.deferred(`charging what was answered from a lease of ${accountId}`, error);
      return 'undecided';
    }
  }
}
