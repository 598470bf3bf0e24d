import { DirectoryUnavailableError } from '../shards/directory/directory';
import type { LeaseStore } from '../shards/directory/lease-store';
import type { Later } from '../shards/surroundings';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import type { EngineObserver } from './observer';
import { Periodic } from './periodic';
import type { ShardSet } from './shard-set';

export interface HoldExpirySettings {
  readonly intervalMs: number;
  /** Holds released on one shard in one turn: as many as a batch takes. */
  readonly holdsMax: number;
  readonly leaseMs: number;
}

export const HOLD_EXPIRY_SETTINGS: HoldExpirySettings = { intervalMs: 1_000, holdsMax: 500, leaseMs: 5_000 };

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
    const { shards, settings, observer } = this.parts;
    const lanes = shards.lanes(name);
    try {
      for (let full = true; full && !this.#stopped && !lanes.isDown;) {
        const expired = await lanes.shard.expiredHolds(settings.holdsMax);
        if (expired.length === 0 || !(await this.#isMine(name))) return;
        await (this.parts.reach ?? NO_FAULTS)('hold.expiring');
        const outcomes = await Promise.all(
          expired.map((hold) => lanes.submit({ kind: 'expire', ...pick(hold) })),
        );
        // What could not be released now is found again: but not at once.
        full = expired.length === settings.holdsMax && outcomes.every(({ kind }) => kind === 'holdSettled');
      }
    } catch (error) {
      observer.deferred(`expiry of holds on ${name}`, error);
    }
  }

  async #isMine(shard: string): Promise<boolean> {
    const { leases, instanceId, settings } = this.parts;
    try {
      return await leases.acquire(`expiry of ${shard}`, instanceId, settings.leaseMs);
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) return true;
      throw error;
    }
  }
}

function pick({ accountId, holdId, subAccount }: { accountId: string; holdId: string; subAccount: number }) {
  return { accountId, holdId, subAccount };
}
