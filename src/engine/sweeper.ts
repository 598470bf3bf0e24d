import type { AccountRecord } from '../shards/directory/account-record';
import type { RowPage } from '../shards/shard';
import type { LeaseStore } from '../shards/directory/lease-store';
import type { Later } from '../shards/surroundings';
import type { AccountCache } from './account-cache';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import type { Mover } from './mover';
import type { EngineObserver } from './observer';
import { Periodic } from './periodic';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';

export interface SweeperSettings {
  readonly intervalMs: number;
  /** Rows out of use that are looked at on one shard in one tick. */
  readonly rowsMax: number;
  readonly leaseMs: number;
}

export const SWEEPER_SETTINGS: SweeperSettings = { intervalMs: 1_000, rowsMax: 500, leaseMs: 5_000 };

export interface SweeperParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly leases: LeaseStore;
  readonly mover: Mover;
  readonly transfers: Transfers;
  readonly observer: EngineObserver;
  readonly settings: SweeperSettings;
  readonly instanceId: string;
  readonly reach?: ReachPoint;
  readonly later?: Later;
}

/**
 * Empties rows that are out of use, for as long as there are any: whatever left money in one, a resize, a late transfer
 * or an instance that did not know better. Rows that are empty are closed, never deleted.
 */
export class Sweeper {
  /** Where the next tick goes on, by shard. */
  readonly #after = new Map<string, RowPage['after']>();
  readonly #ticking: Periodic;
  readonly #soon = new Set<Promise<void>>();
  #stopped = false;

  constructor(private readonly parts: SweeperParts) {
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ticking.stop();
    await Promise.all(this.#soon);
  }

  /** Empties a bounded number of accounts on every shard, if there are any and no other instance does; never rejects. */
  async tick(): Promise<void> {
    const { leases, instanceId, settings, observer, shards } = this.parts;
    try {
      const found = await Promise.all(shards.names.map((name) => this.#findDraining(name)));
      if (found.every(({ accountIds }) => accountIds.length === 0)) return;
      if (!(await leases.acquire('sweep', instanceId, settings.leaseMs))) return;
      await Promise.all(found.map(({ name, accountIds }) => this.#drainAll(name, accountIds)));
    } catch (error) {
      observer.deferred('draining', error);
    }
  }

  /** Empties one account's rows in the background: its size has just changed. */
  sweepSoon(accountId: string): void {
    const sweeping = this.sweep(accountId).finally(() => this.#soon.delete(sweeping));
    this.#soon.add(sweeping);
  }

  /** Empties one account's rows on all shards, as far as it can; never rejects. */
  async sweep(accountId: string): Promise<void> {
    try {
      const account = await this.parts.accounts.read(accountId);
      if (!account) return;
      await Promise.all(account.reach.map((name) => this.#drain(name, account)));
    } catch (error) {
      this.parts.observer.deferred(`draining ${accountId}`, error);
    }
  }

  /** The next accounts with money in draining rows on a shard; none while it cannot be read. */
  async #findDraining(name: string): Promise<{ name: string; accountIds: readonly string[] }> {
    const limit = this.parts.settings.rowsMax;
    const lanes = this.parts.shards.lanes(name);
    if (lanes.isDown) return { name, accountIds: [] };
    try {
      const rows = await lanes.shard.drainingRows({ after: this.#after.get(name), limit });
      this.#after.set(name, rows.length < limit ? undefined : rows.at(-1));
      const withMoney = rows.filter(({ availableMinor }) => availableMinor > 0n);
      return { name, accountIds: [...new Set(withMoney.map(({ accountId }) => accountId))] };
    } catch (error) {
      this.parts.observer.deferred(`draining on ${name}`, error);
      return { name, accountIds: [] };
    }
  }

  async #drainAll(name: string, accountIds: readonly string[]): Promise<void> {
    for (const accountId of accountIds) {
      if (this.#stopped) return;
      try {
        const account = this.parts.accounts.peek(accountId) ?? (await this.parts.accounts.read(accountId));
        if (account) await this.#drain(name, account);
      } catch (error) {
        this.parts.observer.deferred(`draining ${accountId} on ${name}`, error);
      }
    }
  }

  /** Into open rows of the same shard if there are any, otherwise in equal shares to the shards of the placement. */
  async #drain(name: string, account: AccountRecord): Promise<void> {
    const { accountId, placement } = account;
    const { shards, mover, transfers } = this.parts;
    const outcome = await shards.lanes(name).submit({ kind: 'level', accountId, exactly: false });
    await (this.parts.reach ?? NO_FAULTS)('drain.leveled');
    if (outcome.kind !== 'leveled' || outcome.strandedMinor === 0n || placement.shards.includes(name)) return;

    const parts = BigInt(placement.shards.length);
    const amountMaxMinor = (outcome.strandedMinor + parts - 1n) / parts;
    const departures = [];
    for (const [toSubAccount, toShard] of placement.shards.entries()) {
      const departure = await mover.send({
        by: 'sweeper',
        accountId,
        fromShard: name,
        toShard,
        toSubAccount,
        amountMaxMinor,
      });
      if (departure) departures.push(departure);
    }
    if (departures.length > 0) await transfers.forward(name, departures);
  }
}
