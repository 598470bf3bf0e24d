/** Pauses between tries that grow to a bound, each random, so that those who failed together do not come again together. */
export class Backoff {
  #tries = 0;

  constructor(
    private readonly bounds: { readonly firstMs: number; readonly msMax: number },
    private readonly random: () => number,
  ) {}

  /** Between a half of the full pause and all of it. */
  nextMs(): number {
    const { firstMs, msMax } = this.bounds;
    const fullMs = Math.min(msMax, firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return fullMs * (0.5 + 0.5 * this.random());
  }

  reset(): void {
    this.#tries = 0;
  }
}
