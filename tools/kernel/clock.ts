/** Milliseconds since this clock was made. */
export class Clock {
  readonly #origin = performance.now();

  nowMs(): number {
    return Math.round((performance.now() - this.#origin) * 1_000) / 1_000;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
