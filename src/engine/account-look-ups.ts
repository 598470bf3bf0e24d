import type { AccountRecord } from '../shards/directory/account-record';
import { DirectoryOverloadedError } from '../shards/directory/directory';
import { LOOKED_UP_MAX } from '../shards/padded-list';
import type { AccountSource } from './account-cache';
import { GroupedLookUps, type LookUpBounds } from './grouped-look-ups';

/**
 * Four batches of 5,000 accounts that nobody knows yet may wait. Statements at once leave most sessions of the directory to
 * keys, operations and leases.
 */
export const ACCOUNT_LOOK_UP_BOUNDS: LookUpBounds = {
  groupMax: LOOKED_UP_MAX,
  groupsAtOnceMax: 2,
  waitingMax: 20_000,
  waitMsMax: 5_000,
};

export interface AccountDirectory {
  findAccounts(accountIds: readonly string[]): Promise<AccountRecord[]>;
}

/** Reads accounts from the directory, many with one statement. */
export class AccountLookUps implements AccountSource {
  readonly #lookUps: GroupedLookUps<AccountRecord>;

  constructor(
    directory: AccountDirectory,
    time: { readonly now: () => number; readonly turn: () => Promise<void> },
    bounds = ACCOUNT_LOOK_UP_BOUNDS,
  ) {
    this.#lookUps = new GroupedLookUps(bounds, {
      ...time,
      ask: async (accountIds) => {
        const accounts = await directory.findAccounts(accountIds);
        return new Map(accounts.map((account) => [account.accountId, account]));
      },
      overloaded: (detail) => new DirectoryOverloadedError(`the directory cannot be asked: ${detail}`),
    });
  }

  /** Rejects with `DirectoryUnavailableError`. */
  findAccount(accountId: string): Promise<AccountRecord | undefined> {
    return this.#lookUps.find(accountId);
  }
}
