/** What an account may be in debt for, as those know it who ask for it: more than one thing while a change is under way. */
export class CreditLineModel {
  /** Σ of what its rows are granted. */
  grantedMinor = 0n;
  #surelyMinor = 0n;
  readonly #asked = new Map<object, bigint>();

  /** A change is asked for; until it is surely over, either may hold. @returns names it */
  asks(limitMinor: bigint): object {
    const change = {};
    this.#asked.set(change, limitMinor);
    return change;
  }

  /** Nobody changes it any more, and this is what the directory says. */
  rests(limitMinor: bigint): void {
    this.#asked.clear();
    this.#surelyMinor = limitMinor;
  }

  /** The change was answered, and no other is under way. @returns whether that is so */
  answered(change: object): boolean {
    const limitMinor = this.#asked.get(change);
    if (limitMinor === undefined || this.#asked.size > 1) return false;
    this.rests(limitMinor);
    return true;
  }

  get isChanging(): boolean {
    return this.#asked.size > 0;
  }

  /** Every limit that may hold at this instant. */
  get limitsMinor(): bigint[] {
    return [this.#surelyMinor, ...this.#asked.values()];
  }

  get leastMinor(): bigint {
    return this.limitsMinor.reduce((least, each) => (each < least ? each : least));
  }

  get mostMinor(): bigint {
    return this.limitsMinor.reduce((most, each) => (each > most ? each : most));
  }
}
