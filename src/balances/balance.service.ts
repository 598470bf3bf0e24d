import { Inject, Injectable } from '@nestjs/common';
import type { Consistency } from '../contract/balances';
import type { Balance } from '../engine/reading';
import { EngineRuntime } from '../engine/runtime';
import { assertNever } from '../ledger/assert-never';
import type { SubAccount } from '../ledger/sub-account';
import type { AccountRecord } from '../shards/directory/account-record';
import { type AgedBalance, BalanceCache, type TimedBalance } from './balance-cache';
import type { SharedBalances } from './shared-balances';

export interface ListedSubAccount {
  readonly row: SubAccount;
  readonly shard: string;
}

/** Readings that instances share; `undefined` where none do. */
export const SHARED_BALANCES = Symbol('shared balances');

/** Reads over all of an account's shards: balances and the distribution. */
@Injectable()
export class BalanceService {
  readonly #cache = new BalanceCache();

  constructor(
    private readonly runtime: EngineRuntime,
    @Inject(SHARED_BALANCES) private readonly shared: SharedBalances | undefined,
  ) {}

  /** Rejects with `ShardUnavailableError` when a shard in the account's reach cannot be read. */
  balance(account: AccountRecord, consistency: Consistency): Promise<TimedBalance> {
    const { balances } = this.runtime;
    switch (consistency) {
      case 'current':
        return timed(() => balances.current(account));
      case 'snapshot':
        return timed(() => balances.snapshot(account));
      case 'cached':
        return this.#cache.read(account.accountId, () => this.#cached(account));
      default:
        return assertNever(consistency);
    }
  }

  async #cached(account: AccountRecord): Promise<AgedBalance> {
    const take = (): Promise<TimedBalance> => timed(() => this.runtime.balances.current(account));
    return this.shared ? this.shared.read(account.accountId, take) : { value: await take(), ageMs: 0 };
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

  /** The account's reach as its rows know it: on another instance it may have moved since its record was read here. */
  async #reachOf(account: AccountRecord): Promise<readonly string[]> {
    return (await this.runtime.balances.read(account)).account.reach;
  }
}

async function timed(read: () => Promise<Balance>): Promise<TimedBalance> {
  const asOfMs = Date.now();
  return { balance: await read(), asOfMs };
}
