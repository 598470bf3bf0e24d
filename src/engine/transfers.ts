import type { TransferInCommand } from '../ledger/command';
import type { Departure, Transfer } from '../ledger/transfer';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import { ShardUnavailableError } from '../shards/faults';
import type { PendingDeparture } from '../shards/shard';
import type { Later } from '../shards/surroundings';
import type { EngineObserver } from './observer';
import { Periodic } from './periodic';
import type { ShardSet } from './shard-set';

export interface RecoverySettings {
  readonly intervalMs: number;
  /** Younger departures are left to whoever sent them. */
  readonly olderThanMs: number;
  readonly departuresMax: number;
}

export const RECOVERY_SETTINGS: RecoverySettings = {
  intervalMs: 2_000,
  olderThanMs: 2_000,
  departuresMax: 500,
};

/** Arrivals kept to be marked at one source; recovery finds the rest. */
const UNMARKED_MAX = 10_000;

/**
 * Lets transfers arrive. A departure is durable before it comes here, and both remaining steps (arrive at the
 * destination, mark as done at the source) are idempotent, so whoever finds one pending may finish it: the instance that
 * sent it, or the recovery of any other.
 */
export class Transfers {
  readonly #recovering: Periodic;
  /** Arrived, by source, and not marked there yet. */
  readonly #unmarked = new Map<string, Transfer[]>();
  readonly #marking = new Map<string, Promise<void>>();

  constructor(
    private readonly shards: ShardSet,
    private readonly observer: EngineObserver,
    private readonly settings: RecoverySettings,
    private readonly reach: ReachPoint = NO_FAULTS,
    later?: Later,
  ) {
    this.#recovering = new Periodic(settings.intervalMs, () => this.recover(), later);
  }

  /**
   * Rolls departures of one source forward.
   *
   * @returns how many arrived; the rest stays pending and is found by recovery
   */
  async forward(fromShard: string, departures: readonly Departure[]): Promise<number> {
    await this.reach('transfer.departed');
    await this.shards.ensure(departures.map(({ toShard }) => toShard));
    const arrived = await Promise.all(departures.map((departure) => this.#arrive(fromShard, departure)));
    const done = departures.filter((_, position) => arrived[position]);
    await this.reach('transfer.arrived');
    await this.shards.shard(fromShard).completeTransfers(done);
    await this.reach('transfer.completed');
    return done.length;
  }

  /** Lets everything that is in transit inside an account arrive, as far as it can; never rejects. */
  async settle(accountId: string, reach: readonly string[]): Promise<void> {
    const limit = this.settings.departuresMax;
    await Promise.all(
      reach.map(async (shard) => {
        try {
          const pending = await this.shards
            .shard(shard)
            .pendingDepartures({ limit, olderThanMs: 0, accountId });
          if (pending.length > 0) await this.forward(shard, pending);
        } catch (error) {
          this.observer.deferred(`transfers of ${accountId} that left ${shard}`, error);
        }
      }),
    );
  }

  /** Notes in the background that transfers have arrived. What is not noted, recovery finds; never rejects. */
  markArrived(fromShard: string, transfers: readonly Transfer[]): void {
    const unmarked = this.#unmarked.get(fromShard);
    if (unmarked) {
      unmarked.push(...transfers.slice(0, Math.max(0, UNMARKED_MAX - unmarked.length)));
      return;
    }
    this.#unmarked.set(fromShard, [...transfers]);
    this.#marking.set(fromShard, this.#mark(fromShard));
  }

  async #mark(fromShard: string): Promise<void> {
    for (;;) {
      const unmarked = this.#unmarked.get(fromShard)?.splice(0) ?? [];
      if (unmarked.length === 0) break;
      try {
        await this.shards.shard(fromShard).completeTransfers(unmarked);
      } catch (error) {
        this.observer.deferred(`marking transfers that left ${fromShard}`, error);
        break;
      }
    }
    this.#unmarked.delete(fromShard);
    this.#marking.delete(fromShard);
  }

  /**
   * Finishes what was left pending anywhere, once. Each pair of shards has its own bounded share of the work, so that
   * what waits for a dead shard holds up nothing between healthy ones.
   */
  async recover(): Promise<void> {
    const { names } = this.shards;
    await Promise.all(names.flatMap((from) => names.map((to) => this.#recoverBetween(from, to))));
  }

  async #recoverBetween(fromShard: string, toShard: string): Promise<void> {
    const { olderThanMs, departuresMax } = this.settings;
    try {
      const pending: PendingDeparture[] = await this.shards
        .shard(fromShard)
        .pendingDepartures({ limit: departuresMax, olderThanMs, toShard });
      if (pending.length === 0) return;
      await this.reach('recovery.found');
      await this.forward(fromShard, pending);
    } catch (error) {
      this.observer.deferred(`transfers from ${fromShard} to ${toShard}`, error);
    }
  }

  startRecovery(): void {
    this.#recovering.start('at once');
  }

  /** Resolves when no recovery is under way any more. */
  async stopRecovery(): Promise<void> {
    await this.#recovering.stop();
    await Promise.all(this.#marking.values());
  }

  async #arrive(fromShard: string, departure: Departure): Promise<boolean> {
    const { toShard } = departure;
    if (!this.shards.has(toShard)) {
      this.observer.deferred(
        `a transfer to ${toShard}`,
        new ShardUnavailableError(toShard, 'it is not configured here'),
      );
      return false;
    }
    const outcome = await this.shards.lanes(toShard).submit(arrivalOf(departure, fromShard));
    return outcome.kind === 'arrived' || outcome.kind === 'alreadyArrived';
  }
}

/** The second step of a transfer whose first is durable. */
export function arrivalOf(departure: Departure, fromShard: string): TransferInCommand {
  const { accountId, transferId, amountMinor, fromSubAccount, toSubAccount } = departure;
  return {
    kind: 'transferIn',
    accountId,
    transferId,
    amountMinor,
    fromSubAccount,
    toSubAccount,
    fromShard,
    subAccount: toSubAccount,
  };
}
