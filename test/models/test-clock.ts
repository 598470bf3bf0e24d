import type { Surroundings } from '../../src/shards/surroundings';

/** Time that passes only when somebody sleeps or a test says so, and chance that always falls the same way. */
export class TestClock implements Surroundings {
  /** How long each sleep was, in order. */
  readonly sleptMs: number[] = [];
  #nowMs = 1_000;
  #ids = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  constructor(private readonly chance = 0.5) {}

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
    return this.chance;
  }

  /** The event loop takes in what has arrived without any of this clock's time passing. */
  turn(): Promise<void> {
    return Promise.resolve();
  }

  sleep(ms: number): Promise<void> {
    this.sleptMs.push(ms);
    this.pass(ms);
    return Promise.resolve();
  }

  later(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      timer.run();
    }
  }
}
