/** What was acknowledged, as plain numbers that cross process borders. Amounts stay far below 2^53. */
export interface Acknowledged {
  readonly count: number;
  readonly amountMinor: number;
  /** Requests that may or may not have taken effect: connections lost, `SHARD_UNAVAILABLE`, `INTERNAL`. */
  readonly unknownCount: number;
  readonly unknownAmountMinor: number;
}

/** Counts what a load was told, for the audit to compare with the rows. */
export class Tally {
  #count = 0;
  #amountMinor = 0;
  #unknownCount = 0;
  #unknownAmountMinor = 0;
  #errors = 0;

  acknowledged(amountMinor: number): void {
    this.#count += 1;
    this.#amountMinor += amountMinor;
  }

  /** Turned away: nothing was done. */
  refused(): void {
    this.#errors += 1;
  }

  /** Nobody knows: it may or may not stand in the ledger. */
  unknown(amountMinor: number): void {
    this.#errors += 1;
    this.#unknownCount += 1;
    this.#unknownAmountMinor += amountMinor;
  }

  add(other: Acknowledged): void {
    this.#count += other.count;
    this.#amountMinor += other.amountMinor;
    this.#unknownCount += other.unknownCount;
    this.#unknownAmountMinor += other.unknownAmountMinor;
  }

  get errors(): number {
    return this.#errors;
  }

  get total(): Acknowledged {
    return {
      count: this.#count,
      amountMinor: this.#amountMinor,
      unknownCount: this.#unknownCount,
      unknownAmountMinor: this.#unknownAmountMinor,
    };
  }
}
