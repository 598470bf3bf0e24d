import type { AmountIn } from './amounts';
import type { Durability } from './batch-answer';

/** How long one call may take, whatever it meets. */
export interface CallOptions {
  /** Instead of the client's `timeoutMs`. */
  readonly timeoutMs?: number;
  /** Ends the call early. What was sent may take effect nevertheless; the error says whether it may. */
  readonly signal?: AbortSignal;
}

/** What is attached to an entry. */
export interface Notes {
  /** 1–255 characters. */
  readonly reference?: string;
  /** Up to 32 pairs, 4 KiB in all. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface MoneyRequest extends CallOptions, Notes {
  readonly accountId: string;
  /** Minor units. */
  readonly amount: AmountIn;
  /**
   * The key under which the request takes effect once, 1–64 printable ASCII characters without blanks. Made if it is not
   * given; give it to be able to repeat the request after a crash of this process.
   */
  readonly requestId?: string;
}

export interface DeductionResult {
  readonly requestId: string;
  readonly accountId: string;
  /** Minor units. */
  readonly amount: bigint;
  /** The request id had taken effect before. */
  readonly replayed: boolean;
  /** `deferred`: answered from memory by the strategy `leased`, and written within moments. */
  readonly durability: Durability;
}

export type EntryKind = 'deduction' | 'credit' | 'reversal' | 'hold-confirmation';

/** One line of the ledger. */
export interface Entry {
  readonly requestId: string;
  readonly accountId: string;
  readonly kind: EntryKind;
  /** Minor units, never negative; the kind says which way the money went. */
  readonly amount: bigint;
  /** Of deductions. */
  readonly durability?: Durability;
  /** The hold that was confirmed. */
  readonly holdId?: string;
  /** The request id of what was reversed. */
  readonly reverses?: string;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly shard: string;
  readonly subAccount: number;
  readonly createdAt: Date;
}

/** What became of a deduction: one that took effect, or that was received to be charged later. */
export interface DeductionState {
  readonly requestId: string;
  readonly accountId: string;
  /** `received`: it waits to be charged. `rejected`: for good, as far as that request goes. */
  readonly status: 'received' | 'succeeded' | 'rejected';
  /** Minor units. */
  readonly amount: bigint;
  /** Why it was rejected: a code such as `INSUFFICIENT_FUNDS`. */
  readonly reason?: string;
  /** Of one that was received to be charged later. */
  readonly receivedAt?: Date;
  /** When such a one was charged or rejected. */
  readonly endedAt?: Date;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface SubmittedDeduction extends DeductionState {
  /** It was received, or took effect, before. */
  readonly replayed: boolean;
}

export interface EntryResult extends Entry {
  /** The request id had taken effect before. */
  readonly replayed: boolean;
}

export interface ReversalRequest extends CallOptions, Notes {
  readonly accountId: string;
  /** The request id of the deduction, or the id of the confirmed hold. */
  readonly reverses: string;
  /** Minor units; what is left of the deduction if it is not given. */
  readonly amount?: AmountIn;
  /** Of this reversal. */
  readonly requestId?: string;
}

export interface HoldRequest extends MoneyRequest {
  /** By default 900. */
  readonly expiresInSeconds?: number;
}

export interface OneHold extends CallOptions {
  readonly accountId: string;
  readonly holdId: string;
}

export interface HoldConfirmation extends OneHold {
  /** Minor units, at most what is held; all of it if it is not given. */
  readonly amount?: AmountIn;
}

export interface Hold {
  readonly holdId: string;
  readonly accountId: string;
  readonly status: 'held' | 'confirmed' | 'cancelled' | 'expired';
  /** Minor units. */
  readonly amount: bigint;
  /** What was taken of it, in minor units; the rest was released. */
  readonly confirmedAmount?: bigint;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly shard: string;
  readonly subAccount: number;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

/** What `hold` resolves to: money is held under it. */
export interface HeldResult extends HoldResult {
  readonly status: 'held';
}

export interface HoldResult extends Hold {
  /** It was so before. */
  readonly replayed: boolean;
}

export interface NewAccount extends CallOptions {
  readonly id: string;
  /** Such as `USD/2`. */
  readonly asset: string;
  /** 1–1024, by default 1. */
  readonly subAccounts?: number;
  /** Minor units. */
  readonly initialBalance?: AmountIn;
  readonly strategy?: string;
  /** Minor units. */
  readonly lowBalance?: AmountIn;
}

/** An account as lists show it. */
export interface ListedAccount {
  readonly id: string;
  readonly asset: string;
  readonly status: 'active' | 'frozen' | 'closed';
  readonly strategy: string;
  readonly subAccounts: number;
  readonly epoch: number;
  readonly lowBalance?: bigint;
  readonly createdAt: Date;
}

export interface Account extends ListedAccount {
  /** Changes with the account; for `ifMatch`. */
  readonly etag: string;
}

export interface AccountResult extends Account {
  /** It was created before, from the same words. */
  readonly replayed: boolean;
}

export type Consistency = 'current' | 'cached' | 'snapshot';

/** Amounts in minor units. */
export interface Balance {
  readonly accountId: string;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  /** `available + held`. */
  readonly total: bigint;
  readonly inTransit: bigint;
  readonly consistency: Consistency;
  readonly asOf: Date;
}

/** Of a list that is read page by page. */
export interface ListQuery {
  /** Items fetched at a time, 1–1000. */
  readonly pageSize?: number;
  /** For each page. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface EntriesQuery extends ListQuery {
  readonly accountId: string;
  readonly kind?: EntryKind;
  /** Inclusive. */
  readonly from?: Date | string;
  /** Exclusive. */
  readonly to?: Date | string;
}

export interface ResizeRequest extends CallOptions {
  readonly accountId: string;
  /** 1–1024. */
  readonly count: number;
  /** Where the sub-accounts are to be; the present shards if they are not given. */
  readonly shards?: readonly string[];
  /** The account's `etag` as it was read. */
  readonly ifMatch?: string;
}

export interface StrategyChoice extends CallOptions {
  readonly accountId: string;
  readonly strategy: string;
  /** The account's `etag` as it was read. */
  readonly ifMatch?: string;
}

/** One row of an account. Amounts in minor units. */
export interface SubAccount {
  readonly shard: string;
  readonly index: number;
  readonly available: bigint;
  readonly held: bigint;
  /** Out of use are `draining` (it holds something still) and `closed`. */
  readonly status: 'open' | 'draining' | 'closed';
}

export interface NewShard extends CallOptions {
  /** 1–64 of letters, digits, `_` and `-`, the first a letter or digit. */
  readonly name: string;
  /** `mysql://user:password@host:port/database`, or `sqlite:` and the absolute path of a file. It is in no answer or error. */
  readonly url: string;
}

/** A database that accounts are placed on. */
export interface Shard {
  readonly name: string;
  /** `full`: it answers, and has no room left to write. */
  readonly status: 'up' | 'down' | 'full';
  /** Without user and password. */
  readonly address?: string;
}

export type Scope = 'read' | 'deduct' | 'refund' | 'credit' | 'accounts' | 'admin';

export interface NewKey extends CallOptions {
  /** 1–64 characters. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Beginnings of the ids of the accounts that it is limited to, up to 16. */
  readonly accounts?: readonly string[];
  readonly expiresAt?: Date | string;
}

/** What is not given stays as it is. */
export interface KeyChange extends CallOptions {
  readonly keyId: string;
  readonly scopes?: readonly Scope[];
  /** `null` takes the limit away. */
  readonly accounts?: readonly string[] | null;
  /** `null` takes the limit away. */
  readonly expiresAt?: Date | string | null;
}

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Of a key that is limited to accounts whose ids begin with one of these. */
  readonly accounts?: readonly string[];
  readonly expiresAt?: Date;
  /** To about a minute; absent until it was used. */
  readonly lastUsedAt?: Date;
  readonly createdAt?: Date;
}

export interface CreatedKey extends ApiKey {
  /** The key itself, which is shown this once. */
  readonly key: string;
}

/** Work that goes on in the service behind its answer. */
export interface Operation {
  readonly operationId: string;
  readonly kind: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly accountId?: string;
  readonly progress: { readonly done: number; readonly total: number };
  /** When it is done. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** When it has failed. */
  readonly error?: { readonly code: string; readonly detail: string };
  readonly createdAt: Date;
}
