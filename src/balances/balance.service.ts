import { Injectable } from '@nestjs/common';
import type { Consistency } from '../contract/balances';
import { type EntriesPage, listEntries, type ListedPage } from '../engine/entry-lists';
import type { Balance } from '../engine/reading';
import { EngineRuntime } from '../engine/runtime';
import { assertNever } from '../ledger/assert-never';
import type { SubAccount } from '../ledger/sub-account';
import type { AccountRecord } from '../shards/directory/account-record';
import { BalanceCache, type TimedBalance } from './balance-cache';

export type { EntriesPage, ListedEntry } from '../engine/entry-lists';

export interface ListedSubAccount {
  readonly row: SubAccount;
  readonly shard: string;
}

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

  /** A page of the account's entries, newest first; see `listEntries`. */
  async entries(account: AccountRecord, page: EntriesPage): Promise<ListedPage> {
    const { shards, surroundings } = this.runtime;
    const reach = (await this.#reachOf(account)).map((shard) => shards.shard(shard));
    const sleep = (ms: number): Promise<void> => surroundings.sleep(ms);
    return listEntries({ shards: reach, sleep }, account.accountId, page);
  }

  /** The account's reach as its rows know it: on another instance it may have moved since its record was read here. */
  async #reachOf(account: AccountRecord): Promise<readonly string[]> {
    return (await this.runtime.balances.read(account)).account.reach;
  }
}

async function timed(read: () => Promise<Balance>): Promise<TimedBalance> {
  const asOfMs = Date.now();
  return { balance: await read(), asOfMs };
}
