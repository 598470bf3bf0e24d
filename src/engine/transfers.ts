import type { TransferInCommand } from '../ledger/command';
import type { Departure, Transfer } from '../ledger/transfer';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import { ShardUnavailableError } from '../shards/faults';
import type { EngineObserver } from './observer';
import type { ShardSet } from './shard-set';

/** Departures of one account and source that are let arrive together. */
const SETTLED_MAX = 500;

/** Arrivals kept to be marked at one source; recovery finds the rest. */
const UNMARKED_MAX = 10_000;

/**
 * Lets transfers arrive. A departure is durable before it comes here, and both remaining steps (arrive at the
 * destination, mark as done at the source) are idempotent, so whoever finds one pending may finish it: the instance that
 * sent it, or the recovery of any other.
 */
export class Transfers {
  /** Arrived, by source, and not marked there yet. */
  readonly #unmarked = new Map<string, Transfer[]>();
  readonly #marking = new Map<string, Promise<void>>();

  constructor(
    private readonly shards: ShardSet,
    private readonly observer: EngineObserver,
    private readonly reach: ReachPoint = NO_FAULTS,
  ) {}

  /**
   * Rolls departures of one source forward.
   *
   * @returns how many arrived; the rest stays pending and is found by recovery
   */
  async forward(fromShard: string, departures: readonly Departure[]): Promise<number> {
    return departures.length - (await this.deliver(fromShard, departures)).length;
  }

  /**
   * Rolls departures of one source forward. Rejects when the source cannot be told which of them arrived.
   *
   * @returns those that did not arrive
   */
  async deliver<Sent extends Departure>(fromShard: string, departures: readonly Sent[]): Promise<Sent[]> {
    await this.reach('transfer.departed');
    await this.shards.ensure(departures.map(({ toShard }) => toShard));
    const arrived = await Promise.all(departures.map((departure) => this.#arrive(fromShard, departure)));
    const done = departures.filter((_, position) => arrived[position]);
    await this.reach('transfer.arrived');
    await this.shards.shard(fromShard).completeTransfers(done);
    await this.reach('transfer.completed');
    return departures.filter((_, position) => !arrived[position]);
  }

  /**
   * Lets what is in transit inside an account arrive, as far as it can; never rejects. Shards that are known to be down are
   * neither asked nor sent to.
   */
  async settle(accountId: string, reach: readonly string[]): Promise<void> {
    const { shards } = this;
    const toShards = reach.filter((name) => shards.has(name) && !shards.lanes(name).isDown);
    if (toShards.length === 0) return;
    await Promise.all(
      toShards.map(async (shard) => {
        try {
          const pending = await shards
            .shard(shard)
            .pendingDepartures({ limit: SETTLED_MAX, olderThanMs: 0, toShards, accountId });
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

  /** Resolves when nothing is being marked any more. */
  async whenMarked(): Promise<void> {
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
