import type { RandomSource } from './random-source';

/** Chooses among ranks 0…count−1 by Zipf's law: rank r weighs 1 / (r + 1)^skew. With skew 0 all weigh the same. */
export class SkewedChoice {
  readonly #cumulated: Float64Array;

  constructor({ count, skew }: { readonly count: number; readonly skew: number }) {
    this.#cumulated = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank += 1) {
      sum += (rank + 1) ** -skew;
      this.#cumulated[rank] = sum;
    }
  }

  choose(random: Pick<RandomSource, 'fraction'>): number {
    const cumulated = this.#cumulated;
    const target = random.fraction() * (cumulated[cumulated.length - 1] ?? 0);
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulated[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
