/**
 * Keeps requests from queueing up behind a database that is gone: after a failure to reach it, everything is turned
 * away at once for a moment, then the next batch tries again.
 */
export class Breaker {
  #openUntil = 0;
  #up = true;

  constructor(
    private readonly options: {
      readonly breakMs: number;
      readonly now: () => number;
      readonly changed: (up: boolean) => void;
    },
  ) {}

  get isOpen(): boolean {
    return this.options.now() < this.#openUntil;
  }

  /** The shard answered. */
  close(): void {
    this.#openUntil = 0;
    if (this.#up) return;
    this.#up = true;
    this.options.changed(true);
  }

  /** The shard could not be reached. */
  open(): void {
    this.#openUntil = this.options.now() + this.options.breakMs;
    if (!this.#up) return;
    this.#up = false;
    this.options.changed(false);
  }
}
