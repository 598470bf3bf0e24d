import type { Entry } from '../ledger/entry';
import type { Hold } from '../ledger/hold';
import type { IntakeRecord } from '../ledger/intake';
import type { Reversal } from '../ledger/reversal';
import type { Changes } from '../ledger/shard-state';
import type { SubAccount } from '../ledger/sub-account';
import type { Arrival, Departure } from '../ledger/transfer';
import type { ShardIdentity } from './shard-identity';

export interface RowScope {
  /** Named rows, by account. */
  readonly rows: ReadonlyMap<string, ReadonlySet<number>>;
  /** Accounts of which every row on the shard is locked. */
  readonly wholeAccounts: ReadonlySet<string>;
  /** Looked up as soon as the rows are locked, without a trip of their own. */
  readonly keys?: KeyScope | undefined;
}

export interface KeyScope {
  /** Request ids by account. */
  readonly requestIds: ReadonlyMap<string, readonly string[]>;
  /** Ids of transfers that may have arrived, by account. */
  readonly arrivalIds: ReadonlyMap<string, readonly string[]>;
  /** Ids of transfers that may have left, by account. */
  readonly departureIds: ReadonlyMap<string, readonly string[]>;
  /** Ids of holds by account. */
  readonly holdIds: ReadonlyMap<string, readonly string[]>;
  /** Request ids of deductions that may have been reversed, by account. */
  readonly reversedIds: ReadonlyMap<string, readonly string[]>;
  /** Request ids of what may have been received, by account. */
  readonly intakeIds: ReadonlyMap<string, readonly string[]>;
}

/** What is committed under some keys. */
export interface FoundKeys {
  readonly entries: readonly Entry[];
  readonly arrivals: readonly Arrival[];
  readonly departures: readonly Departure[];
  readonly holds: readonly Hold[];
  /** The newest of each deduction. */
  readonly reversals: readonly Reversal[];
  readonly intakes: readonly IntakeRecord[];
}

export const NOTHING_FOUND: FoundKeys = {
  entries: [],
  arrivals: [],
  departures: [],
  holds: [],
  reversals: [],
  intakes: [],
};

export interface Locked {
  readonly nowUs: number;
  readonly rows: SubAccount[];
  /** What is committed under the scope's keys, read after the rows were locked. */
  readonly found: FoundKeys;
}

/** Named rows, by account. */
export type AheadScope = Pick<RowScope, 'rows'>;

/** A transaction that was begun behind the commit of another, with its rows locked already. */
export interface AheadTransaction {
  readonly scope: AheadScope;
  readonly transaction: BatchTransaction;
  readonly locked: Locked;
}

export interface Committed {
  /** Never rejects; `undefined` when the rows could not be locked, and then nothing is open. */
  readonly ahead?: Promise<AheadTransaction | undefined>;
}

export const COMMITTED: Committed = {};

/**
 * One open transaction of a batch. A value of this type is the proof of being inside a transaction; it ends with
 * `commit` or `rollback` and is not used afterwards.
 *
 * Every method rejects with `ShardFault`; after a rejection only `rollback` may be called.
 */
export interface BatchTransaction {
  /** Locks the rows in ascending (account, index) order and reads the shard's clock after that. */
  lock(scope: RowScope): Promise<Locked>;
  /** Reads what is committed under these keys now. */
  lookUp(keys: KeyScope): Promise<FoundKeys>;
  /** Whose database this transaction has been reading; `undefined` where none has been identified. */
  identity(): Promise<ShardIdentity | undefined>;
  /**
   * Writes the changes and commits: when it resolves, they are durable.
   *
   * @param ahead asked by a store that spares a trip by it: the rows to lock for the next transaction, in the same trip
   */
  commit(changes: Changes, ahead?: () => AheadScope | undefined): Promise<Committed>;
  /** Never rejects: a connection that cannot roll back is destroyed. */
  rollback(): Promise<void>;
}

/** What a store offers to run batches on. */
export interface BatchStore {
  readonly name: string;
  /** Connects; safe to call again. */
  open(): Promise<void>;
  begin(): Promise<BatchTransaction>;
  /** Whose rows, of those that are given and exist, somebody has locked at this moment. Waits for no lock. */
  lockedAccounts(scope: Pick<RowScope, 'rows' | 'wholeAccounts'>): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}
