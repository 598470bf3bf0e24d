const EVERY_MS = 20;

/** How many commands wait in the lanes and for the collector, looked at every few milliseconds. */
export class DepthSamples {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(depths: () => readonly number[]) {
    this.#timer = setInterval(() => {
      this.#samples.push(depths().reduce((sum, depth) => sum + depth, 0));
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get most(): number {
    return Math.max(0, ...this.#samples);
  }

  /** The mean of the last third less that of the second: the first holds the warm-up. */
  get growth(): number {
    const third = Math.floor(this.#samples.length / 3);
    return third === 0 ? 0 : mean(this.#samples.slice(-third)) - mean(this.#samples.slice(third, 2 * third));
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
