import type { Pull } from '../ledger/plan-collection';
import {
  planRebalance,
  REBALANCE_BOUNDS,
  type RebalanceBounds,
  type ShardDemand,
} from '../ledger/plan-rebalance';
import type { AccountRecord } from '../shards/directory/account-record';
import type { LeaseStore } from '../shards/directory/lease-store';
import type { Later } from '../shards/surroundings';
import type { AccountCache } from './account-cache';
import type { Mover } from './mover';
import type { EngineObserver } from './observer';
import { Periodic } from './periodic';
import { isVoid, type Reading, readReach } from './reading';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';

export interface RebalancerSettings {
  readonly intervalMs: number;
  /** Accounts looked at in one tick: the busiest of those that were used since the last. */
  readonly accountsMax: number;
  /** How long one instance keeps an account to itself. */
  readonly leaseMs: number;
  readonly bounds: RebalanceBounds;
}

export const REBALANCER_SETTINGS: RebalancerSettings = {
  intervalMs: 250,
  accountsMax: 32,
  leaseMs: 5_000,
  bounds: REBALANCE_BOUNDS,
};

export interface RebalancerParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly leases: LeaseStore;
  readonly mover: Mover;
  readonly transfers: Transfers;
  readonly observer: EngineObserver;
  readonly settings: RebalancerSettings;
  readonly instanceId: string;
  readonly now: () => number;
  readonly later?: Later;
}

/** Accounts whose use is counted between two ticks; more are left to the collector. */
const USED_MAX = 10_000;

/** What a look at an account found, to tell by the next how fast it is spent where. */
interface Look {
  readonly at: number;
  readonly netMinor: ReadonlyMap<string, bigint>;
  readonly spendPerSecond: ReadonlyMap<string, number>;
}

/**
 * Keeps the sub-accounts of busy accounts level ahead of need, so that deductions rarely have to wait for the collector.
 *
 * How fast a shard spends is told by what its `net` did between two looks, whichever instance it came through. An
 * account is leveled by one instance at a time, by lease; nothing rests on that, because every move is a transfer.
 */
export class Rebalancer {
  #used = new Map<string, number>();
  readonly #looks = new Map<string, Look>();
  readonly #ownedUntil = new Map<string, { readonly mine: boolean; readonly until: number }>();
  readonly #ticking: Periodic;

  constructor(private readonly parts: RebalancerParts) {
    this.#ticking = new Periodic(parts.settings.intervalMs, () => this.tick(), parts.later);
  }

  /** A deduction was asked of this account. */
  note(accountId: string): void {
    const uses = this.#used.get(accountId);
    if (uses !== undefined || this.#used.size < USED_MAX) this.#used.set(accountId, (uses ?? 0) + 1);
  }

  start(): void {
    this.#ticking.start('after a pause');
  }

  async stop(): Promise<void> {
    await this.#ticking.stop();
  }

  /** Looks at the accounts used since the last tick, the busiest first; never rejects. */
  async tick(): Promise<void> {
    const busiest = [...this.#used].sort(([, a], [, b]) => b - a).slice(0, this.parts.settings.accountsMax);
    this.#used = new Map();
    this.#forgetIdle(new Set(busiest.map(([accountId]) => accountId)));
    await Promise.all(
      busiest.map(async ([accountId]) => {
        try {
          const account = this.parts.accounts.peek(accountId);
          if (account && account.subAccounts > 1 && (await this.#owns(accountId)))
            await this.level(account, false);
        } catch (error) {
          this.parts.observer.deferred(`leveling ${accountId}`, error);
        }
      }),
    );
  }

  /**
   * Levels an account now: between its shards, then within each.
   *
   * @param exactly whatever the difference; otherwise only what runs low
   * @returns how much was sent between shards, in minor units
   */
  async level(account: AccountRecord, exactly: boolean): Promise<bigint> {
    const reading = await readReach(this.parts.shards, account);
    if (isVoid(reading, account)) return 0n;
    const demands = this.#demands(account, reading);
    const pulls = planRebalance(demands, this.parts.settings.bounds, exactly);
    const sent = await Promise.all(pulls.map((pull) => this.#send(account, pull)));
    await this.#levelWithin(account, reading, exactly);
    return sent.reduce((sum, amountMinor) => sum + amountMinor, 0n);
  }

  async #send(account: AccountRecord, pull: Pull): Promise<bigint> {
    // Sub-account i lives on the i-th shard of the placement, as long as there are that many.
    const toSubAccount = account.placement.shards.indexOf(pull.to);
    const departure = await this.parts.mover.send({
      by: 'rebalancer',
      accountId: account.accountId,
      fromShard: pull.from,
      toShard: pull.to,
      toSubAccount,
      amountMaxMinor: pull.amountMinor,
    });
    if (!departure) return 0n;
    await this.parts.transfers.forward(pull.from, [departure]);
    return departure.amountMinor;
  }

  /** Within a shard the rows level themselves in one transaction, if any of them is low. */
  async #levelWithin(account: AccountRecord, reading: Reading, exactly: boolean): Promise<void> {
    const { accountId } = account;
    await Promise.all(
      [...reading.parts]
        .filter(([, { rows }]) => rows > 1)
        .map(([name]) => this.parts.shards.lanes(name).submit({ kind: 'level', accountId, exactly })),
    );
  }

  #demands(account: AccountRecord, reading: Reading): ShardDemand[] {
    const spend = this.#spendPerSecond(account.accountId, reading);
    return [...reading.parts].map(([shard, { availableMinor }]) => ({
      shard,
      availableMinor,
      inPlacement: account.placement.shards.includes(shard),
      spendPerSecondMinor: BigInt(Math.round(Math.max(0, spend.get(shard) ?? 0))),
    }));
  }

  /** Smoothed over a few looks. Only a plan rests on it, so floating point will do. */
  #spendPerSecond(accountId: string, reading: Reading): ReadonlyMap<string, number> {
    const at = this.parts.now();
    const before = this.#looks.get(accountId);
    const netMinor = new Map([...reading.parts].map(([shard, part]) => [shard, part.netMinor]));
    const seconds = before ? (at - before.at) / 1_000 : 0;
    const spendPerSecond = new Map<string, number>();
    for (const [shard, net] of netMinor) {
      const past = before?.netMinor.get(shard);
      if (past === undefined || seconds <= 0) continue;
      const rate = Number(BigInt.asIntN(64, past - net)) / seconds;
      spendPerSecond.set(shard, (rate + (before?.spendPerSecond.get(shard) ?? rate)) / 2);
    }
    this.#looks.set(accountId, { at, netMinor, spendPerSecond });
    return spendPerSecond;
  }

  async #owns(accountId: string): Promise<boolean> {
    const { leaseMs } = this.parts.settings;
    const known = this.#ownedUntil.get(accountId);
    if (known && this.parts.now() < known.until) return known.mine;
    const mine = await this.parts.leases.acquire(`rebalance ${accountId}`, this.parts.instanceId, leaseMs);
    this.#ownedUntil.set(accountId, { mine, until: this.parts.now() + leaseMs / 2 });
    return mine;
  }

  #forgetIdle(busy: ReadonlySet<string>): void {
    for (const known of [this.#looks, this.#ownedUntil])
      for (const accountId of known.keys()) if (!busy.has(accountId)) known.delete(accountId);
  }
}
