import type { Surroundings } from '../shards/surroundings';
import type { AgedBalance, TimedBalance } from './balance-cache';

/** Leads one reading of an account: nobody else begins one meanwhile. */
export interface Lead {
  /** What the store had forgotten everything before; a lead of another generation decides nothing. */
  readonly generation: string;
  /** Leads are numbered in the order in which their readings began. */
  readonly number: number;
  /** When it began, by the store's clock. */
  readonly beganAt: string;
}

export type Asked =
  | { readonly kind: 'known'; readonly value: TimedBalance; readonly ageMs: number }
  /** Nobody knows, and the caller is to read. */
  | { readonly kind: 'lead'; readonly lead: Lead }
  /** Somebody reads just now. */
  | { readonly kind: 'wait' };

/** Where instances keep what they have read of balances, for each other. */
export interface BalanceStore {
  /** @returns `undefined` where it cannot be asked */
  ask(accountId: string): Promise<Asked | undefined>;
  /** Keeps a reading, unless one that began later is there. Never rejects. */
  put(accountId: string, lead: Lead, value: TimedBalance): Promise<void>;
}

export interface SharedBalanceSettings {
  /** How long somebody who leads is waited for before one reads by oneself. */
  readonly followMsMax: number;
}

export const SHARED_BALANCE_SETTINGS: SharedBalanceSettings = { followMsMax: 250 };

const PAUSE_MS = 5;
const PAUSE_MS_MAX = 40;

/** After the store could not be asked, it is left alone for so long. */
const ALONE_MS = 1_000;

export interface SharedBalancesParts {
  readonly store: BalanceStore;
  readonly surroundings: Pick<Surroundings, 'now' | 'sleep'>;
  readonly settings?: SharedBalanceSettings;
}

/**
 * Readings of balances that instances share: of one account, one of them reads and the others take what it found. While the
 * store is away, slow or not to be written, every instance reads by itself. Decides nothing about money.
 */
export class SharedBalances {
  #aloneUntil = -Infinity;

  constructor(private readonly parts: SharedBalancesParts) {}

  /** Rejects as `take` does. */
  async read(accountId: string, take: () => Promise<TimedBalance>): Promise<AgedBalance> {
    const { store, surroundings, settings = SHARED_BALANCE_SETTINGS } = this.parts;
    const until = surroundings.now() + settings.followMsMax;
    let pauseMs = PAUSE_MS;
    while (surroundings.now() >= this.#aloneUntil) {
      const asked = await store.ask(accountId);
      if (asked?.kind === 'known') return asked;
      if (asked?.kind === 'lead') {
        const value = await take();
        // Whoever waits for the balance does not wait for the store.
        void store.put(accountId, asked.lead, value);
        return { value, ageMs: 0 };
      }
      if (!asked) this.#aloneUntil = surroundings.now() + ALONE_MS;
      else if (surroundings.now() >= until) break;
      else await surroundings.sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
    }
    return { value: await take(), ageMs: 0 };
  }
}
