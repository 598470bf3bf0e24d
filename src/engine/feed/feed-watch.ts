import type { Later } from '../../shards/surroundings';
import type { FeedCursor } from './feed-cursor';
import type { FeedSource } from './feed-source';

/** Between two looks while anybody waits: with the publisher's own pause, what a reader waits for a new event at most. */
const LOOK_MS = 200;

interface Waiting {
  readonly cursor: FeedCursor;
  readonly wake: () => void;
}

/**
 * Tells readers that have come to the end of the feed when there is more. One look at the end of each database's part serves
 * all readers of this instance, however many wait; while nobody waits, nothing is asked.
 */
export class FeedWatch {
  readonly #waiting = new Set<Waiting>();
  #isLooking = false;

  constructor(
    private readonly sources: () => FeedSource[],
    private readonly later: Later,
  ) {}

  /** Resolves when something is published behind the cursor, or the signal aborts. */
  beyond(cursor: FeedCursor, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        cursor,
        wake: () => {
          this.#waiting.delete(waiting);
          signal.removeEventListener('abort', waiting.wake);
          resolve();
        },
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      signal.addEventListener('abort', waiting.wake);
      this.#waiting.add(waiting);
      this.#lookLater();
    });
  }

  #lookLater(): void {
    if (this.#isLooking || this.#waiting.size === 0) return;
    this.#isLooking = true;
    this.later(LOOK_MS, () => {
      void this.#look().finally(() => {
        this.#isLooking = false;
        this.#lookLater();
      });
    });
  }

  async #look(): Promise<void> {
    const ends = await Promise.all(
      this.sources()
        .filter(({ isDown }) => !isDown)
        .map(async ({ name, store }) => {
          // One that cannot be asked has nothing new to tell; whoever reads it next learns that it is away.
          const [newest] = await store.newest(1).catch(() => []);
          return [name, newest?.place ?? 0] as const;
        }),
    );
    for (const waiting of [...this.#waiting])
      if (ends.some(([name, place]) => place > (waiting.cursor.get(name)?.place ?? 0))) waiting.wake();
  }
}
