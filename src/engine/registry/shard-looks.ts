import type { Surroundings } from '../../shards/surroundings';
import { SharedRuns } from '../shared-runs';

/** Requests whose shard is not known have looks begun at most this often. */
export const LOOK_MS_MIN = 100;

/** Looks at the directory for shards that were registered while this instance ran. */
export class ShardLooks {
  readonly #runs: SharedRuns<undefined, void>;
  /** The look that began last. Never rejects. */
  #latest: Promise<void> = Promise.resolve();
  #latestBeganAt = -Infinity;
  /** The look that requests wait for, until it begins. */
  #due: Promise<void> | undefined;

  /** @param look connects to every shard that is registered and not here */
  constructor(
    look: () => Promise<void>,
    private readonly time: Pick<Surroundings, 'now' | 'sleep'>,
  ) {
    this.#runs = new SharedRuns(() => {
      this.#latestBeganAt = time.now();
      const found = look();
      this.#latest = found.catch(() => undefined);
      return found;
    });
  }

  /** A look that begins after this call; callers share one. Rejects as `look` does. */
  look(): Promise<void> {
    return this.#runs.ask('', undefined);
  }

  /**
   * For requests whose shard is not here. A look that is under way may find it, though it may also have been too early: then
   * they share the next one, which begins no sooner than a while after the one before. Rejects as `look` does.
   */
  async find(areMissing: () => boolean): Promise<void> {
    await this.#latest;
    if (!areMissing()) return;
    this.#due ??= this.#lookWhenDue();
    await this.#due;
  }

  async #lookWhenDue(): Promise<void> {
    const { time } = this;
    await time.sleep(Math.max(0, this.#latestBeganAt + LOOK_MS_MIN - time.now()));
    // Whoever comes from now on comes after the look has begun.
    this.#due = undefined;
    await this.look();
  }
}
