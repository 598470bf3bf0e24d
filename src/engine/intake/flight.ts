/** Charges of one shard's records that are under way. */
export class Flight {
  readonly #keys = new Set<string>();
  #ended = 0;
  #waiting: { readonly countMax: number; readonly resolve: () => void }[] = [];

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Charges that have ended so far. */
  get ended(): number {
    return this.#ended;
  }

  /** @param charge must not reject; resolves with whether the record has come to its end */
  start(key: string, charge: Promise<boolean>): void {
    this.#keys.add(key);
    void charge.then((hasEnded) => {
      this.#keys.delete(key);
      if (hasEnded) this.#ended += 1;
      const reached = this.#waiting.filter(({ countMax }) => this.#keys.size <= countMax);
      this.#waiting = this.#waiting.filter((each) => !reached.includes(each));
      for (const { resolve } of reached) resolve();
    });
  }

  /** Resolves when no more than so many are under way. Each of them has a deadline of its own. */
  atMost(countMax: number): Promise<void> {
    if (this.#keys.size <= countMax) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ countMax, resolve }));
  }
}
