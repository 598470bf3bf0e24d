/**
 * Bounds how often one kind of line is logged: whatever fails in the background fails again with every account and every
 * tick while a database is away.
 */
export class LogBudget {
  #windowEndsAt = 0;
  #logged = 0;
  #leftOut = 0;

  /**
   * @param linesMax in `windowMs`
   * @param now milliseconds
   */
  constructor(
    private readonly linesMax: number,
    private readonly windowMs: number,
    private readonly now: () => number,
  ) {}

  /** @returns how many were left out before this one, or undefined for one that is left out itself */
  take(): number | undefined {
    const at = this.now();
    if (at >= this.#windowEndsAt) {
      this.#windowEndsAt = at + this.windowMs;
      this.#logged = 0;
    }
    if (this.#logged >= this.linesMax) {
      this.#leftOut += 1;
      return undefined;
    }
    this.#logged += 1;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
