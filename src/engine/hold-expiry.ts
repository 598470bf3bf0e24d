import type { LeaseStore } from '../shards/directory/lease-store';
import type { ExpiredHold } from '../shards/shard';
import type { Later } from '../shards/surroundings';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import type { EngineObserver } from './observer';
import { isOwnWork } from './own-work';
import { Periodic } from './periodic';
import type { ShardLanes } from './shard-lanes';
import type { ShardSet } from './shard-set';

export interface HoldExpirySettings {
  readonly intervalMs: number;
  /** Holds released together: as many as a batch takes. */
  readonly holdsMax: number;
  readonly leaseMs: number;
}

export const HOLD_EXPIRY_SETTINGS: HoldExpirySettings = { intervalMs: 1_000, holdsMax: 500, leaseMs: 5_000 };

/** Pages of one tick of which nothing could be released: what holds them up is given time. */
const PAGES_STUCK_MAX = 20;

export interface HoldExpiryParts {
  readonly shards: ShardSet;
  readonly leases: LeaseStore;
  readonly observer: EngineObserver;
  readonly settings: HoldExpirySettings;
  readonly instanceId: string;
  readonly reach?: ReachPoint;
  readonly later?: Later;
}

/**
 * Releases holds whose time is over. Whether it is over is said by the clock of the hold's own database, when it is looked
 * for and again under the lock of its row; a confirm that comes first has won.
 *
 * A lease keeps instances from doing the same work twice. Money must not stay set aside because the directory is away, so
 * without an answer about the lease the work is done all the same: releasing twice is releasing once.
 */
export class HoldExpiry {
  readonly #ticking: Periodic;
  /** Where the next page begins, by shard. */
  readonly #after = new Map<string, ExpiredHold | undefined>();
  #stopped = false;

  constructor(private readonly parts: HoldExpiryParts) {
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ticking.stop();
  }

  /** Releases what has expired, on each shard up to a bound; never rejects. */
  async tick(): Promise<void> {
    await Promise.all(this.parts.shards.names.map((name) => this.#tickOn(name)));
  }

  async #tickOn(name: string): Promise<void> {
    const { shards, observer } = this.parts;
    const lanes = shards.lanes(name);
    try {
      for (let pages = 0; pages < PAGES_STUCK_MAX && !this.#stopped && !lanes.isDown;) {
        const page = await this.#next(name);
        if (page.length === 0 || !(await this.#isMine(name))) return;
        const released = await this.#release(lanes, page);
        const isLast = page.length < this.parts.settings.holdsMax;
        // What could not be released is passed by, and found again when those behind it have been looked at.
        this.#after.set(name, isLast ? undefined : page.at(-1));
        if (isLast) return;
        if (!released) pages += 1;
      }
    } catch (error) {
      observer.deferred(`expiry of holds on ${name}`, error);
    }
  }

  /** The next holds whose time is over: at the end of them, those from the beginning. */
  async #next(name: string): Promise<ExpiredHold[]> {
    const { shard } = this.parts.shards.lanes(name);
    const { holdsMax: limit } = this.parts.settings;
    const after = this.#after.get(name);
    const page = await shard.expiredHolds({ limit, after });
    if (page.length > 0 || after === undefined) return page;
    this.#after.delete(name);
    return shard.expiredHolds({ limit });
  }

  /** @returns whether any of them was */
  async #release(lanes: ShardLanes, holds: readonly ExpiredHold[]): Promise<boolean> {
    await (this.parts.reach ?? NO_FAULTS)('hold.expiring');
    const outcomes = await Promise.all(
      holds.map(({ accountId, holdId, subAccount }) =>
        lanes.submit({ kind: 'expire', accountId, holdId, subAccount }),
      ),
    );
    return outcomes.some(({ kind }) => kind === 'holdSettled');
  }

  #isMine(shard: string): Promise<boolean> {
    const { leases, instanceId, settings } = this.parts;
    return isOwnWork(leases, { name: `expiry of ${shard}`, instanceId, leaseMs: settings.leaseMs });
  }
}
