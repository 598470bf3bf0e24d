import type { Surroundings } from '../../src/shards/surroundings';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
  /** Comes when its time does, and makes no time pass. */
  readonly isBackground: boolean;
}

/**
 * Time that passes when everybody sleeps: once nothing is left to do at a moment, the next sleeper's comes. So a test
 * of minutes takes milliseconds, and the same seed runs the same way again.
 */
export class EngineTime implements Surroundings {
  #nowMs = 1_000;
  readonly #chance: () => number;
  #sleepers: Sleeper[] = [];
  #passing = false;
  #ids = 0;

  /** @param seed of `random` */
  constructor(seed = 1) {
    this.#chance = chanceOf(seed);
  }

  now(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  newId(): string {
    return `id ${(this.#ids += 1)}`;
  }

  random(): number {
    return this.#chance();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      const callOff = this.#at(ms, wake, false);
      signal?.addEventListener('abort', () => {
        callOff();
        wake();
      });
    });
  }

  later(ms: number, run: () => void): () => void {
    return this.#at(ms, run, true);
  }

  #at(ms: number, wake: () => void, isBackground: boolean): () => void {
    const sleeper = { untilMs: this.#nowMs + ms, wake, isBackground };
    // Behind those whose moment is the same: they asked first.
    const place = this.#sleepers.findIndex((other) => other.untilMs > sleeper.untilMs);
    this.#sleepers.splice(place < 0 ? this.#sleepers.length : place, 0, sleeper);
    if (!this.#passing && !isBackground) {
      this.#passing = true;
      setImmediate(() => {
        this.#pass();
      });
    }
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
  }

  turn(): Promise<void> {
    return this.sleep(0);
  }

  #pass(): void {
    const next = this.#sleepers.some(({ isBackground }) => !isBackground)
      ? this.#sleepers.shift()
      : undefined;
    if (!next) {
      this.#passing = false;
      return;
    }
    this.#nowMs = next.untilMs;
    next.wake();
    // Whatever waits for promises only has run when the next immediate comes.
    setImmediate(() => {
      this.#pass();
    });
  }
}

/** Numbers in [0, 1), the same for the same seed: Mulberry32, small and good enough to mix the order of things. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
