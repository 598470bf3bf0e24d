import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Balance } from '../engine/reading';
import { EngineRuntime } from '../engine/runtime';
import { assertNever } from '../ledger/assert-never';
import type { Entry, ListedKind } from '../ledger/entry';
import type { SubAccount } from '../ledger/sub-account';
import type { AccountRecord } from '../shards/directory/account-record';
import type { EntryPosition } from '../shards/shard';
import { BalanceCache, type TimedBalance } from './balance-cache';

export interface EntriesPage {
  readonly limit: number;
  /** Where the last page ended; the newest entry when absent. */
  readonly before?: EntryPosition | undefined;
  readonly kind?: ListedKind | undefined;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

export interface ListedEntry {
  readonly entry: Entry;
  readonly shard: string;
}

export interface ListedSubAccount {
  readonly row: SubAccount;
  readonly shard: string;
}

/** What a balance may be: see `Balances` for the first two; `cached` is a `current` one that is at most a second old. */
export const CONSISTENCIES = ['current', 'snapshot', 'cached'] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

/** How long a list waits for a database clock that is behind another one. */
const CLOCK_WAIT_MS_MAX = 1_000;

/** Reads over all of an account's shards: balances, the distribution and the list of entries. */
@Injectable()
export class BalanceService {
  readonly #cache = new BalanceCache();

  constructor(private readonly runtime: EngineRuntime) {}

  /** Rejects with `ShardUnavailableError` when a shard in the account's reach cannot be read. */
  balance(account: AccountRecord, consistency: Consistency): Promise<TimedBalance> {
    const { balances } = this.runtime;
    switch (consistency) {
      case 'current':
        return timed(() => balances.current(account));
      case 'snapshot':
        return timed(() => balances.snapshot(account));
      case 'cached':
        return this.#cache.read(account.accountId, () => timed(() => balances.current(account)));
      default:
        return assertNever(consistency);
    }
  }

  /** All of the account's rows, those out of use included, by index and then shard: each shard read once. */
  async subAccounts(account: AccountRecord): Promise<ListedSubAccount[]> {
    const { shards } = this.runtime;
    const found = await Promise.all(
      (await this.#reachOf(account)).map(async (shard) =>
        (await shards.shard(shard).listSubAccounts(account.accountId)).map((row) => ({ row, shard })),
      ),
    );
    return found.flat().sort((a, b) => a.row.index - b.row.index || (a.shard < b.shard ? -1 : 1));
  }

  /**
   * A page of the account's entries, newest first, in one order over all shards: (time, shard, sub-account, version).
   *
   * The list begins at a moment before which nothing can appear any more on any shard, so that whoever reads on from
   * its newest entry later passes nothing over; it is found by waiting for the transactions under way, not by a lag, so
   * an acknowledged entry is always in it.
   */
  async entries(
    account: AccountRecord,
    page: EntriesPage,
  ): Promise<{ items: ListedEntry[]; next?: EntryPosition }> {
    const reach = await this.#reachOf(account);
    const before = page.before ?? (await this.#newestPosition(account, reach));
    const found = await Promise.all(
      reach.map(async (shard) => {
        const entries = await this.runtime.shards.shard(shard).listEntries({
          accountId: account.accountId,
          limit: page.limit + 1,
          before,
          ...(page.kind === undefined ? {} : { kind: page.kind }),
          ...(page.fromUs === undefined ? {} : { fromUs: page.fromUs }),
          ...(page.toUs === undefined ? {} : { toUs: page.toUs }),
        });
        return entries.map((entry) => ({ entry, shard }));
      }),
    );
    const merged = found.flat().sort(newestFirst);
    const items = merged.slice(0, page.limit);
    const last = items.at(-1);
    return merged.length > items.length && last ? { items, next: positionOf(last) } : { items };
  }

  /** The account's reach as its rows know it: on another instance it may have moved since its record was read here. */
  async #reachOf(account: AccountRecord): Promise<readonly string[]> {
    return (await this.runtime.balances.read(account)).account.reach;
  }

  /**
   * Where the list begins: the earliest of the shards' settled moments. Between servers whose clocks disagree that would
   * hide what the one ahead has just written, so the one behind is given the time to catch up, within a bound.
   */
  async #newestPosition(account: AccountRecord, reach: readonly string[]): Promise<EntryPosition> {
    const settle = (): Promise<number[]> =>
      Promise.all(reach.map((shard) => this.runtime.shards.shard(shard).settledUntilUs(account.accountId)));
    const started = performance.now();
    let settled = await settle();
    const disagreementMs = (Math.max(...settled) - Math.min(...settled)) / 1_000;
    if (disagreementMs > performance.now() - started) {
      await sleep(Math.min(disagreementMs, CLOCK_WAIT_MS_MAX));
      settled = await settle();
    }
    return { createdAtUs: Math.min(...settled), shard: '', subAccount: 0, version: 0 };
  }
}

async function timed(read: () => Promise<Balance>): Promise<TimedBalance> {
  const asOfMs = Date.now();
  return { balance: await read(), asOfMs };
}

function positionOf({ entry, shard }: ListedEntry): EntryPosition {
  return { createdAtUs: entry.createdAtUs, shard, subAccount: entry.subAccount, version: entry.version };
}

function newestFirst(a: ListedEntry, b: ListedEntry): number {
  return (
    b.entry.createdAtUs - a.entry.createdAtUs ||
    (a.shard < b.shard ? 1 : a.shard > b.shard ? -1 : 0) ||
    b.entry.subAccount - a.entry.subAccount ||
    b.entry.version - a.entry.version
  );
}
