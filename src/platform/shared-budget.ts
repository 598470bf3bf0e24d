/** Why there is no room: the holder's part is used up, or the whole. */
export type NoRoom = 'share' | 'budget';

/**
 * An amount that all have together, and each holder's part of it. A holder is a key, or an address without one. Each has a
 * quarter to itself as long as others leave it; beyond that, a holder may use what leaves half of the budget free, so that
 * one that is alone is not held back and none can lock out the others.
 */
export class SharedBudget {
  readonly #held = new Map<string, number>();
  readonly #share: number;
  #taken = 0;

  /** @param largest what one thing takes at most: one holder may always have one, however small the budget is */
  constructor(
    private readonly max: number,
    largest: number,
  ) {
    this.#share = Math.max(max / 4, Math.min(max, largest));
  }

  get taken(): number {
    return this.#taken;
  }

  /** @returns why there is no room for so much more; nothing is taken then */
  take(holder: string, amount: number): NoRoom | undefined {
    const held = (this.#held.get(holder) ?? 0) + amount;
    const taken = this.#taken + amount;
    if (taken > this.max) return 'budget';
    if (held > this.#share && taken > this.max / 2) return 'share';
    this.#held.set(holder, held);
    this.#taken = taken;
    return undefined;
  }

  giveBack(holder: string, amount: number): void {
    const held = (this.#held.get(holder) ?? 0) - amount;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
    this.#taken -= amount;
  }
}
