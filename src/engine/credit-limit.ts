import { BALANCE_MAX_MINOR } from '../ledger/money';

export interface CreditLimitSettings {
  /** An allowance is 1/n of the room that a reading found. */
  readonly allowanceDivisor: bigint;
  readonly allowanceMsMax: number;
  readonly accountsMax: number;
}

export const CREDIT_LIMIT_SETTINGS: CreditLimitSettings = {
  allowanceDivisor: 1_024n,
  allowanceMsMax: 10_000,
  accountsMax: 100_000,
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
export class CreditLimit {
  readonly #allowances = new Map<string, Allowance>();
  readonly #flows = new Map<string, Flow>();

  constructor(
    private readonly settings: CreditLimitSettings,
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

  /** For an account whose total cannot be read just now: only what is in flight here is known. */
  admitUnread(accountId: string, amountMinor: bigint): Admission {
    const { admittedMinor = 0n, releasedMinor = 0n } = this.#flows.get(accountId) ?? {};
    return admittedMinor - releasedMinor + amountMinor > BALANCE_MAX_MINOR
      ? { kind: 'undecided' }
      : this.#admitted(accountId, amountMinor);
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
    this.#allowances.delete(accountId);
    this.#allowances.set(accountId, {
      leftMinor: roomMinor / allowanceDivisor,
      until: this.now() + allowanceMsMax,
    });
    if (this.#allowances.size <= accountsMax) return;
    const [oldest] = this.#allowances.keys();
    if (oldest !== undefined) this.#allowances.delete(oldest);
  }
}
