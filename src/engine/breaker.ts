/**
 * Keeps requests from queueing up behind a database that is gone: after a failure to reach it, everything is turned
 * away at once for a moment; then one batch tries again, and until it has an answer everything else is still turned away.
 */
export class Breaker {
  #openUntil = 0;
  #up = true;
  #probing = false;

  constructor(
    private readonly options: {
      readonly breakMs: number;
      readonly now: () => number;
      readonly changed: (up: boolean) => void;
    },
  ) {}

  get isOpen(): boolean {
    return this.#probing || this.options.now() < this.#openUntil;
  }

  /** A batch sets out; on a shard known to be gone it is the one that tries. */
  setOut(): void {
    this.#probing = !this.#up;
  }

  /** The shard answered. */
  close(): void {
    this.#openUntil = 0;
    this.#probing = false;
    if (this.#up) return;
    this.#up = true;
    this.options.changed(true);
  }

  /** The shard could not be reached. */
  open(): void {
    this.#openUntil = this.options.now() + this.options.breakMs;
    this.#probing = false;
    if (!this.#up) return;
    this.#up = false;
    this.options.changed(false);
  }
}
