import type { RandomSource } from './random-source';
import { SkewedChoice } from './skewed-choice';

const PRICE_MIN = 1_600;
const PRICE_MAX = 600_000;
const TYPICAL_PRICE = 2_100;
const PRICE_POINTS = 400;
const SHARE_AT_PRICE_POINTS = 0.95;

/**
 * Prices as ad platforms charge them: most charges at one of a few hundred price points, most of these near one price,
 * some far above it (a long tail), and now and then a price of its own.
 */
export class Prices {
  readonly #points: readonly number[];
  readonly #popular = new SkewedChoice({ count: PRICE_POINTS, skew: 1 });

  constructor(private readonly random: RandomSource) {
    this.#points = Array.from({ length: PRICE_POINTS }, () => this.#free());
  }

  next(): number {
    if (this.random.fraction() >= SHARE_AT_PRICE_POINTS) return this.#free();
    return this.#points[this.#popular.choose(this.random)] ?? TYPICAL_PRICE;
  }

  #free(): number {
    const deviation = this.random.fraction() < 0.02 ? 1.8 : 0.15;
    const price = Math.round(TYPICAL_PRICE * Math.exp(deviation * this.random.normal()));
    return Math.min(PRICE_MAX, Math.max(PRICE_MIN, price));
  }
}
