import type { Entry } from '../ledger/entry';
import type { Changes } from '../ledger/shard-state';
import type { SubAccount } from '../ledger/sub-account';
import type { Departure } from '../ledger/transfer';

export interface RowScope {
  /** Named rows, by account. */
  readonly rows: ReadonlyMap<string, ReadonlySet<number>>;
  /** Accounts of which every row on the shard is locked. */
  readonly wholeAccounts: ReadonlySet<string>;
}

export interface KeyScope {
  /** Request ids by account. */
  readonly requestIds: ReadonlyMap<string, readonly string[]>;
  /** Ids of transfers that may have arrived, by account. */
  readonly arrivalIds: ReadonlyMap<string, readonly string[]>;
  /** Ids of transfers that may have left, by account. */
  readonly departureIds: ReadonlyMap<string, readonly string[]>;
}

/** What is committed under some keys. */
export interface FoundKeys {
  readonly entries: readonly Entry[];
  readonly arrivals: readonly { readonly accountId: string; readonly transferId: string }[];
  readonly departures: readonly Departure[];
}

/**
 * One open transaction of a batch. A value of this type is the proof of being inside a transaction; it ends with
 * `commit` or `rollback` and is not used afterwards.
 *
 * Every method rejects with `ShardFault`; after a rejection only `rollback` may be called.
 */
export interface BatchTransaction {
  /** Locks the rows in ascending (account, index) order and reads the shard's clock after that. */
  lock(scope: RowScope): Promise<{ nowUs: number; rows: SubAccount[] }>;
  /** Reads what is committed under these keys now. */
  lookUp(keys: KeyScope): Promise<FoundKeys>;
  /** Writes the changes and commits: when it resolves, they are durable. */
  commit(changes: Changes): Promise<void>;
  /** Never rejects: a connection that cannot roll back is destroyed. */
  rollback(): Promise<void>;
}

/** What a store offers to run batches on. */
export interface BatchStore {
  readonly name: string;
  /** Connects; safe to call again. */
  open(): Promise<void>;
  begin(): Promise<BatchTransaction>;
  close(): Promise<void>;
}
