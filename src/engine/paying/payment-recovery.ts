import type { Payment } from '../../ledger/payment';
import { DirectoryUnavailableError } from '../../shards/directory/directory';
import type { LeaseStore } from '../../shards/directory/lease-store';
import type { Later } from '../../shards/surroundings';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { EngineObserver } from '../observer';
import { Periodic } from '../periodic';
import type { ShardSet } from '../shard-set';
import type { Deliveries } from './deliveries';

export interface PaymentRecoverySettings {
  readonly intervalMs: number;
  /** Younger payments are left to whoever made them. */
  readonly olderThanMs: number;
  /** Payments read and delivered together. */
  readonly pageMax: number;
  readonly leaseMs: number;
  /** What waits for a shard that is down is counted no more often than this. */
  readonly countEveryMs: number;
}

export const PAYMENT_RECOVERY_SETTINGS: PaymentRecoverySettings = {
  intervalMs: 2_000,
  olderThanMs: 2_000,
  pageMax: 200,
  leaseMs: 5_000,
  countEveryMs: 30_000,
};

/** Pages of one look between two shards: what holds them up is given time. */
const PAGES_MAX = 20;

/** Payments named in a report. */
const EXAMPLES_MAX = 3;

const LEASE_NAME_LENGTH_MAX = 128;

export interface PaymentRecoveryParts {
  readonly shards: ShardSet;
  readonly deliveries: Pick<Deliveries, 'deliver' | 'whenIdle'>;
  readonly leases: Pick<LeaseStore, 'acquire'>;
  readonly observer: EngineObserver;
  readonly settings: PaymentRecoverySettings;
  readonly instanceId: string;
  readonly now: () => number;
  readonly reach?: ReachPoint | undefined;
  readonly later?: Later | undefined;
}

/**
 * Brings payments to their end that nobody finished, whoever made them. Each pair of shards is looked at on its own, so what waits
 * for one shard holds up nothing else, and what cannot be delivered is passed by.
 *
 * A lease keeps instances from doing the same work twice. Nothing rests on it, so without an answer from the directory the
 * work is done all the same.
 */
export class PaymentRecovery {
  readonly #ticking: Periodic;
  /** Looks under way, by pair. */
  readonly #looks = new Map<string, Promise<void>>();
  /** Where the next page begins, by pair, after what could not be delivered. */
  readonly #after = new Map<string, Payment>();
  /** Pairs between which payments were found waiting the last time. */
  readonly #reported = new Set<string>();
  readonly #countedAt = new Map<string, number>();
  #stopped = false;

  constructor(private readonly parts: PaymentRecoveryParts) {
    this.#ticking = new Periodic(
      parts.settings.intervalMs,
      () => {
        this.#lookAtAll();
        return Promise.resolve();
      },
      parts.later,
    );
  }

  start(): void {
    this.#ticking.start('at once');
  }

  /** Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ticking.stop();
    await Promise.all(this.#looks.values());
    await this.parts.deliveries.whenIdle();
  }

  /** Looks at every pair once, or waits for the look that is under way; never rejects. */
  async recover(): Promise<void> {
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
    const look = this.#look(from, to)
      .catch((error: unknown) => {
        this.parts.observer.deferred(`payments from ${from} to ${to}`, error);
      })
      .finally(() => this.#looks.delete(pair));
    this.#looks.set(pair, look);
  }

  async #look(from: string, to: string): Promise<void> {
    const { shards, settings, reach = NO_FAULTS } = this.parts;
    const pair = `${from} ${to}`;
    const waiting: Payment[] = [];
    const isWhole = !this.#after.has(pair);
    for (let pages = 0; pages < PAGES_MAX && !this.#stopped; pages += 1) {
      if (shards.lanes(from).isDown) return;
      if (shards.lanes(to).isDown) return this.#countWaiting(from, to);
      const { pageMax: limit, olderThanMs } = settings;
      const after = this.#after.get(pair);
      const page = await shards.shard(from).pendingPayments({ toShard: to, limit, olderThanMs, after });
      if (page.length > 0) {
        if (!(await this.#isMine(from, to))) return;
        await reach('payment.found');
        await Promise.all(
          page.map(async (payment) => {
            if ((await this.parts.deliveries.deliver(from, payment)) === 'waits') waiting.push(payment);
          }),
        );
      }
      const last = page.at(-1);
      if (!last || page.length < limit) {
        this.#after.delete(pair);
        // What an earlier look passed by is not in this one: that may wait all the same.
        if (isWhole || waiting.length > 0) this.#report({ from, to }, waiting, !isWhole);
        return;
      }
      this.#after.set(pair, last);
    }
    if (waiting.length > 0) this.#report({ from, to }, waiting, true);
  }

  /** A shard that is down takes nothing. What waits for it is counted all the same, now and then, and up to a page. */
  async #countWaiting(from: string, to: string): Promise<void> {
    const { shards, settings, now } = this.parts;
    const pair = `${from} ${to}`;
    if (now() - (this.#countedAt.get(pair) ?? -Infinity) < settings.countEveryMs) return;
    this.#countedAt.set(pair, now());
    const { pageMax: limit, olderThanMs } = settings;
    const waiting = await shards.shard(from).pendingPayments({ toShard: to, limit, olderThanMs });
    this.#report({ from, to }, waiting, waiting.length === limit);
  }

  #report(
    { from, to }: { readonly from: string; readonly to: string },
    waiting: readonly Payment[],
    isCutOff: boolean,
  ): void {
    const pair = `${from} ${to}`;
    if (waiting.length === 0 && !this.#reported.has(pair)) return;
    if (waiting.length > 0) this.#reported.add(pair);
    else this.#reported.delete(pair);
    this.parts.observer.undelivered({
      of: 'payments',
      fromShard: from,
      toShard: to,
      count: waiting.length,
      isCutOff,
      examples: waiting
        .slice(0, EXAMPLES_MAX)
        .map(({ accountId, requestId: transferId }) => ({ accountId, transferId })),
    });
  }

  async #isMine(from: string, to: string): Promise<boolean> {
    const { leases, instanceId, settings } = this.parts;
    try {
      const name = `payments ${from} ${to}`.slice(0, LEASE_NAME_LENGTH_MAX);
      return await leases.acquire(name, instanceId, settings.leaseMs);
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) return true;
      throw error;
    }
  }
}
