import type { Later } from '../shards/surroundings';
import { Periodic } from './periodic';
import type { ShardSet } from './shard-set';

export interface PairLooksParts {
  readonly shards: Pick<ShardSet, 'names'>;
  readonly intervalMs: number;
  /** Looks once at what waits on one shard for another. */
  readonly look: (from: string, to: string) => Promise<void>;
  /** Told of a look that rejected. */
  readonly failed: (from: string, to: string, error: unknown) => void;
  readonly later?: Later | undefined;
}

/**
 * Looks at each pair of shards again and again, by one look at a time: what waits for one shard holds up nothing between two others,
 * and a look that takes long is not joined by a second.
 */
export class PairLooks {
  readonly #ticking: Periodic;
  /** Under way, by pair. */
  readonly #looks = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(private readonly parts: PairLooksParts) {
    this.#ticking = new Periodic(
      parts.intervalMs,
      () => {
        this.#lookAtAll();
        return Promise.resolve();
      },
      parts.later,
    );
  }

  /** A look that is under way leaves the rest when this is so. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    this.#ticking.start('at once');
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ticking.stop();
    await Promise.all(this.#looks.values());
  }

  /** Looks at every pair once, or waits for the look that is under way; never rejects. */
  async all(): Promise<void> {
    this.#lookAtAll();
    await Promise.all(this.#looks.values());
  }

  #lookAtAll(): void {
    const { names } = this.parts.shards;
    for (const from of names) for (const to of names) this.#lookAt(from, to);
  }

  #lookAt(from: string, to: string): void {
    const pair = `${from} ${to}`;
    if (this.#looks.has(pair)) return;
    const look = this.parts
      .look(from, to)
      .catch((error: unknown) => {
        this.parts.failed(from, to, error);
      })
      .finally(() => this.#looks.delete(pair));
    this.#looks.set(pair, look);
  }
}
