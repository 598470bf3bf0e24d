/** Amounts by the time they count from, to be summed up to a time. */
export class Timeline {
  readonly #points: { readonly atMs: number; readonly amount: bigint }[] = [];
  #sums: bigint[] | undefined;

  add(atMs: number, amount: bigint): void {
    this.#points.push({ atMs, amount });
    this.#sums = undefined;
  }

  /** The sum of all that counts before `ms`. */
  before(ms: number): bigint {
    const sums = (this.#sums ??= this.#sum());
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#points[middle]?.atMs ?? 0) < ms) low = middle + 1;
      else high = middle;
    }
    return sums[low] ?? 0n;
  }

  #sum(): bigint[] {
    this.#points.sort((a, b) => a.atMs - b.atMs);
    const sums = [0n];
    for (const { amount } of this.#points) sums.push((sums.at(-1) ?? 0n) + amount);
    return sums;
  }
}
