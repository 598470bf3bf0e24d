import type { Balance } from '../engine/reading';

/** A balance and when the reading that it comes from began (ms since 1970, by this instance's clock). */
export interface TimedBalance {
  readonly balance: Balance;
  readonly asOfMs: number;
}

/** A balance, and how long ago its reading began. */
export interface AgedBalance {
  readonly value: TimedBalance;
  readonly ageMs: number;
}

export interface BalanceCacheSettings {
  readonly accountsMax: number;
  /** Counted from where a reading began, so that no answer shows anything older. */
  readonly ageMsMax: number;
}

export const BALANCE_CACHE_SETTINGS: BalanceCacheSettings = { accountsMax: 10_000, ageMsMax: 1_000 };

interface Known {
  beganAt: number;
  readonly reading: Promise<TimedBalance>;
}

/**
 * Balances for those who look often and need not know the newest: at most one reading of an account is begun in
 * `ageMsMax`, however many ask. Never used to decide anything.
 */
export class BalanceCache {
  /** The least recently asked for first. */
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly settings: BalanceCacheSettings = BALANCE_CACHE_SETTINGS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What is known of an account, or else a new reading, which all who ask meanwhile share. A failure is not kept. */
  read(accountId: string, take: () => Promise<AgedBalance>): Promise<TimedBalance> {
    const known = this.#known.get(accountId);
    this.#known.delete(accountId);
    if (known && this.now() - known.beganAt <= this.settings.ageMsMax) {
      this.#known.set(accountId, known);
      return known.reading;
    }
    const aged = take();
    const taken: Known = { beganAt: this.now(), reading: aged.then(({ value }) => value) };
    // Another instance may have read it a while ago.
    const age = aged.then(({ ageMs }) => {
      taken.beganAt -= ageMs;
    });
    this.#known.set(accountId, taken);
    age.catch(() => {
      if (this.#known.get(accountId) === taken) this.#known.delete(accountId);
    });
    this.#evict();
    return taken.reading;
  }

  #evict(): void {
    if (this.#known.size <= this.settings.accountsMax) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
