/** Work that is done again and again, each time a while after the last has ended. */
export class Periodic {
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #stopped = false;

  /** @param run must not reject */
  constructor(
    private readonly pauseMs: number,
    private readonly run: () => Promise<void>,
  ) {}

  /** The first turn comes at once, or after a pause like the others. */
  start(first: 'at once' | 'after a pause'): void {
    this.#schedule(first === 'at once' ? 0 : this.pauseMs);
  }

  /** Resolves when no turn is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#turn;
  }

  #schedule(pauseMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#turn = this.run().finally(() => {
        this.#schedule(this.pauseMs);
      });
    }, pauseMs).unref();
  }
}
