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

interface Allowance {
  leftMinor: bigint;
  admittedMinor: bigint;
  readonly until: number;
}

/**
 * Keeps accounts under the balance limit without a reading for every credit.
 *
 * A reading of the account's total grants this instance a small share of the room that is left, for a while; credits
 * within it need no further reading. Near the limit, where the share is small, every credit takes one. The limit is soft
 * by the credits in flight and by what other instances were granted: at most a thousandth of the room each. What no row
 * may pass is checked under its lock.
 */
export class CreditLimit {
  readonly #allowances = new Map<string, Allowance>();

  constructor(
    private readonly settings: CreditLimitSettings,
    private readonly now: () => number,
  ) {}

  /** @param readTotal reads the account's total, in minor units */
  async admits(accountId: string, amountMinor: bigint, readTotal: () => Promise<bigint>): Promise<boolean> {
    if (this.#spend(accountId, amountMinor)) return true;
    const before = this.#admittedMinor(accountId);
    const total = await readTotal();
    const meanwhile = this.#admittedMinor(accountId) - before;
    const room = BALANCE_MAX_MINOR - total - meanwhile - amountMinor;
    if (room < 0n) return false;
    this.#grant(accountId, { roomMinor: room, admittedMinor: amountMinor });
    return true;
  }

  /** What was admitted here so far; only its growth during a reading means something. */
  #admittedMinor(accountId: string): bigint {
    return this.#allowances.get(accountId)?.admittedMinor ?? 0n;
  }

  #spend(accountId: string, amountMinor: bigint): boolean {
    const allowance = this.#allowances.get(accountId);
    if (!allowance || allowance.until < this.now() || allowance.leftMinor < amountMinor) return false;
    allowance.leftMinor -= amountMinor;
    allowance.admittedMinor += amountMinor;
    return true;
  }

  #grant(accountId: string, grant: { roomMinor: bigint; admittedMinor: bigint }): void {
    const { allowanceDivisor, allowanceMsMax, accountsMax } = this.settings;
    const admittedMinor = this.#admittedMinor(accountId) + grant.admittedMinor;
    this.#allowances.delete(accountId);
    this.#allowances.set(accountId, {
      leftMinor: grant.roomMinor / allowanceDivisor,
      admittedMinor,
      until: this.now() + allowanceMsMax,
    });
    if (this.#allowances.size <= accountsMax) return;
    const [oldest] = this.#allowances.keys();
    if (oldest !== undefined) this.#allowances.delete(oldest);
  }
}
