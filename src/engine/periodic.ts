import { type Later, REAL_SURROUNDINGS } from '../shards/surroundings';

/** Work that is done again and again, each time a while after the last has ended. */
export class Periodic {
  #callOff: () => void = () => undefined;
  #turn: Promise<void> | undefined;
  #stopped = false;

  /** @param run must not reject */
  constructor(
    private readonly pauseMs: number,
    private readonly run: () => Promise<void>,
    private readonly later: Later = REAL_SURROUNDINGS.later,
  ) {}

  /** The first turn comes at once, or after a pause like the others. */
  start(first: 'at once' | 'after a pause'): void {
    this.#schedule(first === 'at once' ? 0 : this.pauseMs);
  }

  /** Resolves when no turn is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff();
    await this.#turn;
  }

  #schedule(pauseMs: number): void {
    if (this.#stopped) return;
    this.#callOff = this.later(pauseMs, () => {
      this.#turn = this.run().finally(() => {
        this.#schedule(this.pauseMs);
      });
    });
  }
}
