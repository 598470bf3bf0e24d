import type { Directory } from '../shards/directory/directory';
import type { Later } from '../shards/surroundings';
import type { EngineObserver } from './observer';
import { Periodic } from './periodic';

/** Between two looks for shards that another instance registered. */
const DISCOVER_MS = 5_000;

/** Clocks are compared once in so many looks. */
const LOOKS_PER_CLOCKS = 6;

/** Operations are tidied once in so many looks. */
const LOOKS_PER_TIDYING = 60;

/**
 * Statements of one look that delete. Of leases that is 10,000 in five seconds; the rebalancer of an instance, which takes
 * one for each account, takes 640 at most.
 */
const DELETIONS_MAX = 20;

const OPERATIONS_KEPT_MS = 90 * 24 * 3_600_000;

export interface HousekeepingParts {
  readonly directory: Directory;
  readonly observer: EngineObserver;
  readonly discoverShards: () => Promise<void>;
  /** Never rejects. */
  readonly lookAtClocks: () => Promise<void>;
  readonly later?: Later;
}

/** What every instance does now and then, so that nothing has to be asked for to be known, or grows for ever. */
export class Housekeeping {
  readonly #looking: Periodic;
  #looks = 0;

  constructor(private readonly parts: HousekeepingParts) {
    this.#looking = new Periodic(DISCOVER_MS, () => this.look(), parts.later);
  }

  start(): void {
    this.#looking.start('after a pause');
  }

  stop(): Promise<void> {
    return this.#looking.stop();
  }

  /** Never rejects. */
  async look(): Promise<void> {
    const { directory, observer, discoverShards, lookAtClocks } = this.parts;
    this.#looks += 1;
    if (this.#looks % LOOKS_PER_CLOCKS === 1) await lookAtClocks();
    try {
      await discoverShards();
      for (let more = true, times = 0; more && times < DELETIONS_MAX; times += 1)
        more = await directory.leases.deleteExpired();
      if (this.#looks % LOOKS_PER_TIDYING !== 0) return;
      let after: number | undefined = 0;
      for (let times = 0; after !== undefined && times < DELETIONS_MAX; times += 1)
        after = await directory.operations.deleteEnded(OPERATIONS_KEPT_MS, after);
    } catch (error) {
      observer.deferred('housekeeping', error);
    }
  }
}
