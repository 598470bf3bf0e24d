type Cleanup = () => Promise<void> | void;

/**
 * What must be put away when the program ends, however it ends: databases dropped, folders removed, processes ended.
 * Each cleanup runs once, the newest first.
 */
export class Cleanups {
  readonly #pending: Cleanup[] = [];

  /** @returns the same cleanup, to be called when its time has come in the ordinary way */
  add(cleanup: Cleanup): () => Promise<void> {
    this.#pending.push(cleanup);
    return async () => {
      const position = this.#pending.indexOf(cleanup);
      if (position < 0) return;
      this.#pending.splice(position, 1);
      await cleanup();
    };
  }

  /** Runs what is left. A cleanup that fails is reported and does not keep the others from running. */
  async runAll(): Promise<void> {
    for (let cleanup = this.#pending.pop(); cleanup; cleanup = this.#pending.pop()) {
      try {
        await cleanup();
      } catch (error) {
        console.error('could not clean up:', error instanceof Error ? error.message : error);
      }
    }
  }
}
