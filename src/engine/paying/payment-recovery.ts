import type { Payment } from '../../ledger/payment';
import type { LeaseStore } from '../../shards/directory/lease-store';
import type { Later } from '../../shards/surroundings';
import { NO_FAULTS, type ReachPoint } from '../fault-points';
import type { EngineObserver } from '../observer';
import { isOwnWork } from '../own-work';
import { PairLooks } from '../pair-looks';
import type { ShardSet } from '../shard-set';
import { UndeliveredReports } from '../undelivered-reports';
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
 * Brings payments to their end that nobody finished, whoever made them. Each pair of shards is looked at on its own, and what cannot be
 * delivered is passed by. A lease keeps instances from doing the same work twice; nothing rests on it.
 */
export class PaymentRecovery {
  readonly #looks: PairLooks;
  readonly #reports: UndeliveredReports;
  /** Where the next page begins, by pair, after what could not be delivered. */
  readonly #after = new Map<string, Payment>();
  readonly #countedAt = new Map<string, number>();

  constructor(private readonly parts: PaymentRecoveryParts) {
    const { shards, observer, settings, later } = parts;
    this.#reports = new UndeliveredReports(observer);
    this.#looks = new PairLooks({
      shards,
      intervalMs: settings.intervalMs,
      look: (from, to) => this.#look(from, to),
      failed: (from, to, error) => {
        observer.deferred(`payments from ${from} to ${to}`, error);
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
    await this.parts.deliveries.whenIdle();
  }

  /** Looks at every pair once, or waits for the look that is under way; never rejects. */
  recover(): Promise<void> {
    return this.#looks.all();
  }

  async #look(from: string, to: string): Promise<void> {
    const { shards, settings, reach = NO_FAULTS } = this.parts;
    const pair = `${from} ${to}`;
    const waiting: Payment[] = [];
    const isWhole = !this.#after.has(pair);
    for (let pages = 0; pages < PAGES_MAX && !this.#looks.isStopped; pages += 1) {
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
    this.#reports.report({
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

  #isMine(from: string, to: string): Promise<boolean> {
    const { leases, instanceId, settings } = this.parts;
    return isOwnWork(leases, { name: `payments ${from} ${to}`, instanceId, leaseMs: settings.leaseMs });
  }
}
