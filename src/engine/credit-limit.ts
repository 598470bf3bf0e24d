import { BALANCE_MAX_MINOR } from '../ledger/money';
import type { ShardUnavailableError } from '../shards/faults';

export interface CreditLimitSettings {
  /** An allowance is 1/n of the room that a reading found. */
  readonly allowanceDivisor: bigint;
  readonly allowanceMsMax: number;
  readonly accountsMax: number;
  /** What may be credited to an account, one after the other, while its total cannot be read. */
  readonly unreadMaxMinor: bigint;
}

export const CREDIT_LIMIT_SETTINGS: CreditLimitSettings = {
  allowanceDivisor: 1_024n,
  allowanceMsMax: 10_000,
  accountsMax: 100_000,
  unreadMaxMinor: 10n ** 16n,
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
 * within it need no further reading. Near the limit, where the share is small, every credit takes one. What this instance
 * has admitted and not heard the end of is counted as if it were there. The limit is soft by what other instances have
 * under way, and by what they were granted: at most a thousandth of the room each. What no row may pass is checked under
 * its lock.
 *
 * An account whose total cannot be read goes on taking money, up to a bound far above what is real and far below what
 * would lift a total out of the range of 64 bits.
 */
export class CreditLimit {
  readonly #allowances = new Map<string, Allowance>();
  /** Credits that were admitted and have not ended, by account. */
  readonly #underWayMinor = new Map<string, bigint>();
  /** What was admitted since the account could last be read. */
  readonly #unreadMinor = new Map<string, bigint>();

  constructor(
    private readonly settings: CreditLimitSettings,
    private readonly now: () => number,
  ) {}

  /**
   * Carries a credit out if the account has room for it.
   *
   * @param readTotal reads the account's total, in minor units, or says why it cannot be read now
   * @returns `undefined` if it has not; rejects with why it could not be read if too much was credited meanwhile
   */
  async within<T>(
    accountId: string,
    amountMinor: bigint,
    readTotal: () => Promise<bigint | ShardUnavailableError>,
    credit: () => Promise<T>,
  ): Promise<T | undefined> {
    if (!this.#spend(accountId, amountMinor) && !(await this.#admits(accountId, amountMinor, readTotal)))
      return undefined;
    this.#addUnderWay(accountId, amountMinor);
    try {
      return await credit();
    } finally {
      this.#addUnderWay(accountId, -amountMinor);
    }
  }

  async #admits(
    accountId: string,
    amountMinor: bigint,
    readTotal: () => Promise<bigint | ShardUnavailableError>,
  ): Promise<boolean> {
    // What ends during the reading may be in it or not, and is counted in any case.
    const underWay = this.#underWayMinor.get(accountId) ?? 0n;
    const before = this.#admittedMinor(accountId);
    const total = await readTotal();
    if (typeof total !== 'bigint') return this.#admitsUnread(accountId, amountMinor, total);
    this.#unreadMinor.delete(accountId);
    const meanwhile = this.#admittedMinor(accountId) - before;
    const room = BALANCE_MAX_MINOR - total - underWay - meanwhile - amountMinor;
    if (room < 0n) return false;
    this.#grant(accountId, { roomMinor: room, admittedMinor: amountMinor });
    return true;
  }

  #admitsUnread(accountId: string, amountMinor: bigint, reason: ShardUnavailableError): true {
    const unreadMinor = (this.#unreadMinor.get(accountId) ?? 0n) + amountMinor;
    if (unreadMinor > this.settings.unreadMaxMinor) throw reason;
    this.#unreadMinor.delete(accountId);
    this.#unreadMinor.set(accountId, unreadMinor);
    forgetOldest(this.#unreadMinor, this.settings.accountsMax);
    return true;
  }

  #addUnderWay(accountId: string, minor: bigint): void {
    const sum = (this.#underWayMinor.get(accountId) ?? 0n) + minor;
    if (sum === 0n) this.#underWayMinor.delete(accountId);
    else this.#underWayMinor.set(accountId, sum);
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
    forgetOldest(this.#allowances, accountsMax);
  }
}

function forgetOldest(known: Map<string, unknown>, sizeMax: number): void {
  if (known.size <= sizeMax) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}
