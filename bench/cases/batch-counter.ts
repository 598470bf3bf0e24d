import type { EngineObserver } from '../../src/engine/observer';
import type { BatchFigures } from './case';

/** Listens to the engine: counts its batches, and says so when something goes wrong that should not. */
export class BatchCounter implements EngineObserver {
  readonly shardState = (): void => undefined;
  readonly deferred = (): void => undefined;
  #batches = 0;
  #commands = 0;
  #seconds = 0;

  batchDone({ commands, seconds }: { commands: number; seconds: number }): void {
    this.#batches += 1;
    this.#commands += commands;
    this.#seconds += seconds;
  }

  defect(incident: string, error: unknown): void {
    console.error(`defect ${incident}:`, error);
  }

  reset(): void {
    this.#batches = this.#commands = this.#seconds = 0;
  }

  get figures(): BatchFigures {
    const batches = Math.max(1, this.#batches);
    return { commands: this.#commands / batches, ms: (this.#seconds * 1_000) / batches };
  }
}
