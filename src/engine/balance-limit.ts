import { BALANCE_MAX_MINOR } from '../ledger/money';
import { remember } from './remember';

export interface BalanceLimitSettings {
  /** An allowance is 1/n of the room that a reading found. */
  readonly allowanceDivisor: bigint;
  readonly allowanceMsMax: number;
  readonly accountsMax: number;
  /** What may be credited to an account through this instance, one after the other, while its total cannot be read. */
  readonly unreadMaxMinor: bigint;
}

export const BALANCE_LIMIT_SETTINGS: BalanceLimitSettings = {
  allowanceDivisor: 1_024n,
  allowanceMsMax: 10_000,
  accountsMax: 100_000,
  unreadMaxMinor: 10n ** 16n,
};

/** Whether an account has room for a credit. */
export type Admission = Admitted | NotAdmitted;

export interface Admitted {
  readonly kind: 'admitted';
  /** To be called once the credit has ended, however it did. */
  readonly release: () => void;
}

export interface NotAdmitted {
  /** `undecided`: it would be above the limit if all credits in flight here come to something. */
  readonly kind: 'above' | 'undecided';
}

interface Allowance {
  leftMinor: bigint;
  readonly until: number;
}

/** What this instance admitted to an account and what of that has ended, as sums; kept as long as they differ or are read. */
interface Flow {
  admittedMinor: bigint;
  releasedMinor: bigint;
  inFlight: number;
  readings: number;
}

/**
 * Keeps accounts under the balance limit without a reading for every credit.
 *
 * A reading of the account's total grants this instance a small share of the room that is left, for a while; credits
 * within it need no further reading. Near the limit, where the share is small, every credit takes one. What this instance
 * has in flight counts as if it came on top of the reading, which may or may not have seen it: so the limit is soft only by
 * what other instances admit meanwhile, and by what they were granted, at most a thousandth of the room each. What no row
 * may pass is checked under its lock.
 */
export class BalanceLimit {
  readonly #allowances = new Map<string, Allowance>();
  readonly #flows = new Map<string, Flow>();
  /** What was admitted to accounts since they could last be read. */
  readonly #unreadMinor = new Map<string, bigint>();

  constructor(
    private readonly settings: BalanceLimitSettings,
    private readonly now: () => number,
  ) {}

  /** Accounts with credits in flight. */
  get accountsInFlight(): number {
    return this.#flows.size;
  }

  /** @param readTotal reads the account's total, in minor units; rejects as this does */
  async admit(accountId: string, amountMinor: bigint, readTotal: () => Promise<bigint>): Promise<Admission> {
    if (this.#spend(accountId, amountMinor)) return this.#admitted(accountId, amountMinor);
    const flow = this.#flowOf(accountId);
    // Any of these may commit behind the reading and have ended before it is answered.
    const { releasedMinor } = flow;
    flow.readings += 1;
    try {
      const aboveTotal = BALANCE_MAX_MINOR - (await readTotal()) - amountMinor;
      this.#unreadMinor.delete(accountId);
      if (aboveTotal < 0n) return { kind: 'above' };
      const room = aboveTotal - (flow.admittedMinor - releasedMinor);
      if (room < 0n) return { kind: 'undecided' };
      this.#grant(accountId, room);
      return this.#admitted(accountId, amountMinor);
    } finally {
      flow.readings -= 1;
      this.#forgetIfIdle(accountId, flow);
    }
  }

  /**
   * For an account whose total cannot be read just now: it goes on taking money, up to a bound that is far above what is real
   * and far below what would lift a total out of the range of 64 bits.
   */
  admitUnread(accountId: string, amountMinor: bigint): Admission {
    const unreadMinor = (this.#unreadMinor.get(accountId) ?? 0n) + amountMinor;
    if (unreadMinor > this.settings.unreadMaxMinor) return { kind: 'undecided' };
    remember(this.#unreadMinor, accountId, unreadMinor, this.settings.accountsMax);
    return this.#admitted(accountId, amountMinor);
  }

  #admitted(accountId: string, amountMinor: bigint): Admitted {
    const flow = this.#flowOf(accountId);
    flow.admittedMinor += amountMinor;
    flow.inFlight += 1;
    const release = (): void => {
      flow.releasedMinor += amountMinor;
      flow.inFlight -= 1;
      this.#forgetIfIdle(accountId, flow);
    };
    return { kind: 'admitted', release };
  }

  #flowOf(accountId: string): Flow {
    const known = this.#flows.get(accountId);
    if (known) return known;
    const flow: Flow = { admittedMinor: 0n, releasedMinor: 0n, inFlight: 0, readings: 0 };
    this.#flows.set(accountId, flow);
    return flow;
  }

  #forgetIfIdle(accountId: string, flow: Flow): void {
    if (flow.inFlight === 0 && flow.readings === 0) this.#flows.delete(accountId);
  }

  #spend(accountId: string, amountMinor: bigint): boolean {
    const allowance = this.#allowances.get(accountId);
    if (!allowance || allowance.until < this.now() || allowance.leftMinor < amountMinor) return false;
    allowance.leftMinor -= amountMinor;
    return true;
  }

  #grant(accountId: string, roomMinor: bigint): void {
    const { allowanceDivisor, allowanceMsMax, accountsMax } = this.settings;
    const leftMinor = roomMinor / allowanceDivisor;
    remember(this.#allowances, accountId, { leftMinor, until: this.now() + allowanceMsMax }, accountsMax);
  }
}
