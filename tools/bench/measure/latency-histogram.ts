/** Values below this are counted exactly; above, each doubling is cut into this many buckets: at most 0.8 % off. */
const PER_DOUBLING = 128;
const PER_DOUBLING_BITS = 7;
const DOUBLINGS = 32 - PER_DOUBLING_BITS;

/**
 * Latencies in microseconds, counted in buckets that grow with the value, so that recording one costs no allocation
 * however many there are. Values are kept up to 2^32 µs (71 minutes).
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(PER_DOUBLING * (DOUBLINGS + 1));
  #recorded = 0;

  record(micros: number): void {
    const index = bucketOf(micros >>> 0);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#recorded += 1;
  }

  get recorded(): number {
    return this.#recorded;
  }

  /** The latency that this share of the values does not exceed, in milliseconds; 0 when nothing was recorded. */
  percentileMs(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#recorded));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index += 1) {
      seen += this.#counts[index] as number;
      if (seen >= rank) return highestOf(index) / 1_000;
    }
    return 0;
  }
}

/** Exact below `PER_DOUBLING`; then the top bits of the value choose the bucket. */
function bucketOf(micros: number): number {
  if (micros < PER_DOUBLING) return micros;
  const shift = 31 - Math.clz32(micros) - PER_DOUBLING_BITS;
  return PER_DOUBLING * (shift + 1) + ((micros >>> shift) - PER_DOUBLING);
}

function highestOf(index: number): number {
  if (index < PER_DOUBLING) return index;
  const shift = Math.floor(index / PER_DOUBLING) - 1;
  return ((index % PER_DOUBLING) + PER_DOUBLING + 1) * 2 ** shift - 1;
}
