import type { SubAccount } from '../ledger/sub-account';
import type { AccountRecord } from '../shards/directory/account-record';
import type { LockedAccount } from '../shards/shard';
import type { ShardSet } from './shard-set';

/** All rows of an account, locked on every shard in its reach. */
export interface LockedReach {
  readonly rows: readonly { readonly shard: string; readonly row: SubAccount }[];
  /** The open transaction on one shard. */
  on(shard: string): LockedAccount;
}

/**
 * Locks whole accounts over all their shards: what settles a question that readings could not.
 *
 * Shards are locked in the order of their names, by everyone, so that two instances wait for each other and never in a
 * circle; lanes lock one shard only. One account at a time in this process, because a store keeps one session aside for
 * it: so none is ever waited for under locks.
 */
export class ReachLocks {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly shards: ShardSet) {}

  /**
   * Runs something under locks; they are gone when it is done. Rejects with `ShardUnavailableError` or
   * `ShardContendedError` when a shard cannot be locked.
   */
  with<T>(account: AccountRecord, use: (locked: LockedReach) => Promise<T>): Promise<T> {
    const run = this.#last.then(() => this.#withLocks(account, use));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #withLocks<T>(account: AccountRecord, use: (locked: LockedReach) => Promise<T>): Promise<T> {
    const locks = new Map<string, LockedAccount>();
    await this.shards.ensure(account.reach);
    try {
      for (const name of [...account.reach].sort())
        locks.set(name, await this.shards.shard(name).lockAccount(account.accountId));
      return await use({
        rows: [...locks].flatMap(([shard, { rows }]) => rows.map((row) => ({ shard, row }))),
        on: (shard) => {
          const lock = locks.get(shard);
          if (!lock) throw new RangeError(`${shard} is not in the account's reach`);
          return lock;
        },
      });
    } finally {
      await Promise.all([...locks.values()].map((lock) => lock.release()));
    }
  }
}
