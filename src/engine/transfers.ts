import type { Departure } from '../ledger/transfer';
import { ShardUnavailableError } from '../shards/faults';
import type { PendingDeparture } from '../shards/shard';
import type { EngineObserver } from './observer';
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

/**
 * Lets transfers arrive. A departure is durable before it comes here, and both remaining steps (arrive at the
 * destination, mark as done at the source) are idempotent, so whoever finds one pending may finish it: the instance that
 * sent it, or the recovery of any other.
 */
export class Transfers {
  #timer: NodeJS.Timeout | undefined;
  #recovering: Promise<void> | undefined;

  constructor(
    private readonly shards: ShardSet,
    private readonly observer: EngineObserver,
    private readonly settings: RecoverySettings,
  ) {}

  /**
   * Rolls departures of one source forward.
   *
   * @returns how many arrived; the rest stays pending and is found by recovery
   */
  async forward(fromShard: string, departures: readonly Departure[]): Promise<number> {
    const arrived = await Promise.all(departures.map((departure) => this.#arrive(fromShard, departure)));
    const done = departures.filter((_, position) => arrived[position]);
    await this.shards.shard(fromShard).completeTransfers(done);
    return done.length;
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
      if (pending.length > 0) await this.forward(fromShard, pending);
    } catch (error) {
      this.observer.deferred(`transfers from ${fromShard} to ${toShard}`, error);
    }
  }

  startRecovery(): void {
    const turn = (): void => {
      this.#recovering = this.recover().finally(() => {
        if (this.#timer) this.#timer = setTimeout(turn, this.settings.intervalMs).unref();
      });
    };
    this.#timer = setTimeout(turn, 0).unref();
  }

  /** Resolves when no recovery is under way any more. */
  async stopRecovery(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#recovering;
  }

  async #arrive(fromShard: string, departure: Departure): Promise<boolean> {
    const { toShard, ...transfer } = departure;
    if (!this.shards.has(toShard)) {
      this.observer.deferred(
        `a transfer to ${toShard}`,
        new ShardUnavailableError(toShard, 'it is not configured here'),
      );
      return false;
    }
    const outcome = await this.shards.lanes(toShard).submit({
      ...transfer,
      kind: 'transferIn',
      fromShard,
      subAccount: departure.toSubAccount,
      epoch: 0,
    });
    return outcome.kind === 'arrived' || outcome.kind === 'alreadyArrived';
  }
}
