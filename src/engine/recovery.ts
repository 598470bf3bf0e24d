import type { LeaseStore } from '../shards/directory/lease-store';
import type { PendingDeparture } from '../shards/shard';
import type { Later } from '../shards/surroundings';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import type { EngineObserver, Undelivered } from './observer';
import { isOwnWork } from './own-work';
import { PairLooks } from './pair-looks';
import { Periodic } from './periodic';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';
import { UndeliveredReports } from './undelivered-reports';

export interface RecoverySettings {
  readonly intervalMs: number;
  /** Younger departures are left to whoever sent them. */
  readonly olderThanMs: number;
  /** Departures read and delivered together. */
  readonly pageMax: number;
  /** How long one instance keeps the backlog between two shards to itself. */
  readonly leaseMs: number;
  /** What waits for a shard that is down is counted this often, and no further than to `countMax`. */
  readonly countEveryMs: number;
  readonly countMax: number;
}

export const RECOVERY_SETTINGS: RecoverySettings = {
  intervalMs: 2_000,
  olderThanMs: 2_000,
  pageMax: 500,
  leaseMs: 5_000,
  countEveryMs: 10_000,
  countMax: 10_000,
};

export interface RecoveryParts {
  readonly shards: ShardSet;
  readonly transfers: Pick<Transfers, 'deliver' | 'whenMarked'>;
  readonly leases: Pick<LeaseStore, 'acquire'>;
  readonly observer: EngineObserver;
  readonly settings: RecoverySettings;
  readonly instanceId: string;
  readonly now: () => number;
  readonly reach?: ReachPoint;
  readonly later?: Later;
}

/** Departures shown of those that could not be delivered. */
const EXAMPLES_MAX = 5;

/**
 * Delivers transfers that nobody finished, whoever sent them.
 *
 * Each pair of shards is looked at on its own, by one look at a time: what waits for one shard holds up nothing between
 * two others, and a look that takes long is not joined by a second. A look goes through everything that is due, page by
 * page, and passes by what cannot be delivered, so that a transfer that is stuck is never in the way of those behind it.
 * Nothing is sent to a shard that is known to be down; what waits for it is counted.
 *
 * Where there is more than one page, a lease keeps other instances from delivering the same. It is not asked for before,
 * and not where the destination cannot be reached from here, so an instance that is cut off from a shard keeps nobody
 * else from delivering there. Nothing rests on the lease: delivering twice is delivering once.
 */
export class Recovery {
  readonly #looks: PairLooks;
  readonly #reports: UndeliveredReports;
  /** When a pair is looked at again whose last look found transfers that are stuck. */
  readonly #restsUntil = new Map<string, number>();
  readonly #countedAt = new Map<string, number>();

  constructor(private readonly parts: RecoveryParts) {
    const { shards, observer, settings, later } = parts;
    this.#reports = new UndeliveredReports(observer);
    this.#looks = new PairLooks({
      shards,
      intervalMs: settings.intervalMs,
      look: (from, to) => this.#look(from, to),
      failed: (from, to, error) => {
        observer.deferred(`transfers from ${from} to ${to}`, error);
      },
      later,
    });
  }

  start(): void {
    this.#looks.start();
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    await this.#looks.stop();
    await this.parts.transfers.whenMarked();
  }

  /** Looks at every pair once, or waits for the look that is under way; never rejects. */
  recover(): Promise<void> {
    this.#restsUntil.clear();
    this.#countedAt.clear();
    return this.#looks.all();
  }

  async #look(from: string, to: string): Promise<void> {
    const { shards, now, settings } = this.parts;
    if (now() < (this.#restsUntil.get(`${from} ${to}`) ?? 0)) return;
    if (shards.lanes(from).isDown) return;
    const began = now();
    const stuck = shards.lanes(to).isDown ? 'down' : await this.#deliver(from, to);
    if (stuck === 'down') return this.#countWaiting(from, to);
    if (stuck === 'left') return;
    this.#reports.report({ of: 'within', fromShard: from, toShard: to, isCutOff: false, ...stuck });
    // Going through what is stuck again and again must not be all that a shard does.
    if (stuck.count > 0)
      this.#restsUntil.set(`${from} ${to}`, now() + Math.max(settings.intervalMs, now() - began));
    else this.#restsUntil.delete(`${from} ${to}`);
  }

  /**
   * Keeps the backlog between two shards to this instance while it goes through it. A page of which nothing can be delivered
   * may take longer than the lease: another instance would take the lease over meanwhile and begin with the same page, and
   * with both of them doing so none would ever come to the pages behind it.
   */
  async #keepingMine<T>(from: string, to: string, run: () => Promise<T>): Promise<T> {
    const { settings, later, observer } = this.parts;
    const renewing = new Periodic(
      settings.leaseMs / 3,
      async () => {
        await this.#isMine(from, to).catch((error: unknown) => {
          observer.deferred(`keeping the transfers from ${from} to ${to}`, error);
        });
      },
      later,
    );
    renewing.start('after a pause');
    try {
      return await run();
    } finally {
      await renewing.stop();
    }
  }

  /** @returns what could not be delivered, `down` when the destination went away, `left` when others deliver it */
  async #deliver(
    from: string,
    to: string,
  ): Promise<Pick<Undelivered, 'count' | 'examples'> | 'down' | 'left'> {
    const { shards, transfers, settings, reach = NO_FAULTS } = this.parts;
    let count = 0;
    const examples: Undelivered['examples'][number][] = [];
    for (let page = await this.#read(from, to); page.length > 0;) {
      const isFull = page.length === settings.pageMax;
      if (this.#looks.isStopped || (isFull && !(await this.#isMine(from, to)))) return 'left';
      await reach('recovery.found');
      const deliver = (): Promise<PendingDeparture[]> => transfers.deliver(from, page);
      const [stuck, next] = await Promise.all([
        isFull ? this.#keepingMine(from, to, deliver) : deliver(),
        isFull ? this.#read(from, to, page.at(-1)) : [],
      ]);
      count += stuck.length;
      for (const { accountId, transferId } of stuck.slice(0, EXAMPLES_MAX - examples.length))
        examples.push({ accountId, transferId });
      if (stuck.length > 0 && shards.lanes(to).isDown) return 'down';
      page = next;
    }
    return { count, examples };
  }

  #read(from: string, to: string, after?: PendingDeparture): Promise<PendingDeparture[]> {
    const { pageMax: limit, olderThanMs } = this.parts.settings;
    return this.parts.shards.shard(from).pendingDepartures({ limit, olderThanMs, toShards: [to], after });
  }

  async #countWaiting(from: string, to: string): Promise<void> {
    const { shards, now, settings } = this.parts;
    const pair = `${from} ${to}`;
    if (now() - (this.#countedAt.get(pair) ?? -Infinity) < settings.countEveryMs) return;
    this.#countedAt.set(pair, now());
    const count = await shards.shard(from).countDepartures(to, settings.countMax);
    this.#reports.report({
      of: 'within',
      fromShard: from,
      toShard: to,
      count,
      isCutOff: count === settings.countMax,
      examples: [],
    });
  }

  #isMine(from: string, to: string): Promise<boolean> {
    const { leases, instanceId, settings } = this.parts;
    return isOwnWork(leases, { name: `delivery ${from} ${to}`, instanceId, leaseMs: settings.leaseMs });
  }
}
