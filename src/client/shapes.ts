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
  /** Of a deduction or a hold: budgets that it is charged to as well, and to all above them. */
  readonly budgets?: readonly string[];
}

export type BudgetPeriod = 'total' | 'hour' | 'day' | 'month';

export interface NewBudget extends CallOptions {
  readonly accountId: string;
  /** 1–64 characters of A–Z a–z 0–9 _ . : -; not used again once it was deleted. */
  readonly budgetId: string;
  /** Minor units that may be deducted in a period, 0 included. */
  readonly limit: AmountIn;
  readonly period: BudgetPeriod;
  /** Where days and months begin: an IANA name, by default UTC. */
  readonly timeZone?: string;
  /** The budget above it. */
  readonly parent?: string;
}

export interface OneBudget extends CallOptions {
  readonly accountId: string;
  readonly budgetId: string;
}

export interface BudgetChange extends OneBudget {
  /** Minor units. */
  readonly limit: AmountIn;
}

export interface BudgetsQuery extends ListQuery {
  readonly accountId: string;
}

/** Amounts in minor units. */
export interface Budget {
  readonly budgetId: string;
  readonly accountId: string;
  readonly limit: bigint;
  readonly period: BudgetPeriod;
  readonly timeZone: string;
  readonly parent?: string;
  /** What was deducted in the present period. Not in lists, as the four below. */
  readonly spent?: bigint;
  /** What holds have set aside. */
  readonly held?: bigint;
  /** 0 where more is spent and held than the limit by now. */
  readonly available?: bigint;
  readonly periodStart?: Date;
  readonly renewsAt?: Date;
  readonly createdAt: Date;
}

export interface BudgetResult extends Budget {
  /** It was created before, from the same words. */
  readonly replayed: boolean;
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

export type EntryKind =
  | 'deduction'
  | 'credit'
  | 'reversal'
  | 'hold-confirmation'
  | 'transfer-out'
  | 'transfer-in'
  | 'transfer-return'
  | 'credit-reversal';

export interface TransferRequest extends CallOptions, Notes {
  /** The account that pays. */
  readonly from: string;
  /** The account that is paid. */
  readonly to: string;
  /** Minor units. */
  readonly amount: AmountIn;
  /** As of other requests; one of the account that pays. */
  readonly requestId?: string;
}

/** Money that has left one account and arrived in another. */
export interface Transfer extends Notes {
  readonly requestId: string;
  readonly from: string;
  readonly to: string;
  /** Minor units. */
  readonly amount: bigint;
  /** When the money left. */
  readonly createdAt: Date;
}

export interface TransferResult extends Transfer {
  /** The request id had taken effect before. */
  readonly replayed: boolean;
}

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
  /** Of transfers: the other account. */
  readonly counterparty?: string;
  /** The budgets that a deduction was charged to. */
  readonly budgets?: readonly string[];
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly shard: string;
  readonly subAccount: number;
  readonly createdAt: Date;
}

/** What screening says of a charge. */
export interface Screening {
  readonly verdict: 'pass' | 'reject' | 'wait';
  /** The operator’s service, the built-in rule, or the policy for when the service cannot be asked. */
  readonly by: 'service' | 'velocity' | 'policy';
  /** In the words of who said so. */
  readonly reason?: string;
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
  /** The budgets that it was charged to; until then, those that it names. */
  readonly budgets?: readonly string[];
  /** What screening said of it last, where it was asked. */
  readonly screening?: Screening;
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
  /** The request id of the deduction, or the id of the hold. */
  readonly reverses: string;
  /** Of a hold: the request id of the capture that is reversed, where it has one. */
  readonly captureId?: string;
  /** Minor units; what is left of the deduction if it is not given. */
  readonly amount?: AmountIn;
  /** Of this reversal. */
  readonly requestId?: string;
}

export interface CreditReversalRequest extends CallOptions, Notes {
  readonly accountId: string;
  /** The request id of the credit. */
  readonly reverses: string;
  /** Minor units; what is left of the credit if it is not given. */
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

/** Reference and metadata stand in the entry that the confirm makes, in place of those of the hold. */
export interface HoldConfirmation extends OneHold, Notes {
  /** Minor units; all that the hold has if it is not given. */
  readonly amount?: AmountIn;
  /** By which the capture is known among those of its hold. Made by the client for one that is not `final`; the last one needs none. */
  readonly requestId?: string;
  /** By default true. False: the rest of the hold stays held, for captures to come. */
  readonly final?: boolean;
  /** What is above the hold is taken out of what the account has available. */
  readonly allowMore?: boolean;
}

export interface HoldExtension extends OneHold {
  /** From now. */
  readonly expiresInSeconds: number;
}

export interface HoldRaise extends OneHold {
  /** Minor units: what the hold is to come to in all, what was captured of it included. */
  readonly amount: AmountIn;
}

export interface Hold {
  readonly holdId: string;
  readonly accountId: string;
  readonly status: 'held' | 'confirmed' | 'cancelled' | 'expired';
  /** Minor units: what it comes to in all, what it was raised by included. */
  readonly amount: bigint;
  /** What is set aside for it now, in minor units. */
  readonly heldAmount: bigint;
  /** What was taken of it, by all captures, in minor units; once it is settled, the rest was released. */
  readonly confirmedAmount?: bigint;
  /** The budgets in which it is set aside as well, those above the named ones included. */
  readonly budgets?: readonly string[];
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
  /** By which a capture is known among those of its hold, where it has an id of its own: with it, it is sent again and reversed. */
  readonly captureId?: string;
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
  /** How far below zero its balance may go, in minor units; not at all by default. */
  readonly creditLimit?: AmountIn;
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
  /** How far below zero its balance may go; absent without a credit line. */
  readonly creditLimit?: bigint;
  /** `exceeded`: it was lowered below what is used, and debits are refused until credits have brought the account within it. */
  readonly creditLimitStatus?: 'granted' | 'changing' | 'exceeded';
  readonly metadata?: Readonly<Record<string, string>>;
  /** How often it may be asked about or used, whoever does. */
  readonly requestsPerSecond?: number;
  /** How many deductions and holds it may have. */
  readonly deductionsPerSecond?: number;
  /** Whether it is split by itself; not from services that do not. */
  readonly autoSplit?: AutoSplit;
  readonly createdAt: Date;
}

/** What is left out stays as it is; `null` takes it away. */
export interface AccountUpdate extends CallOptions {
  readonly accountId: string;
  /** Minor units. */
  readonly lowBalance?: AmountIn | null;
  /** How far below zero its balance may go, in minor units. */
  readonly creditLimit?: AmountIn | null;
  /** Replaces all that was attached. */
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** How often it may be asked about or used, whoever does. */
  readonly requestsPerSecond?: number | null;
  /** How many deductions and holds it may have. */
  readonly deductionsPerSecond?: number | null;
  /** The account's `etag` as it was read, if it matters. */
  readonly ifMatch?: string;
}

/** Whether and how far an account is split by itself while it is hot. */
export interface AutoSplit {
  readonly enabled: boolean;
  readonly min?: number;
  readonly max?: number;
}

export interface AutoSplitChoice extends AutoSplit, CallOptions {
  readonly accountId: string;
  /** The account's `etag` as it was read, if it matters. */
  readonly ifMatch?: string;
}

export interface SplitLayout {
  readonly subAccounts: number;
  readonly shards: readonly string[];
}

export type SplitKind = 'keep' | 'split' | 'merge';

/** An account that is used much, over all instances. */
export interface HotAccount extends SplitLayout {
  readonly accountId: string;
  readonly perSecond: number;
  /** Requests refused for want of money, or of room in a queue. */
  readonly refusedPerSecond: number;
  /** How many lanes it kept busy: 1 is one lane of one instance, all the time. */
  readonly busy: number;
  /** Absent while it is not hot. */
  readonly hotSince?: Date;
  readonly autoSplit: AutoSplit;
  /** What was last decided about its size by itself. */
  readonly lastDecision?: {
    readonly kind: SplitKind;
    readonly at: Date;
    readonly reason: string;
    readonly before: SplitLayout;
    readonly after: SplitLayout;
  };
  /** What would be decided now, and why. */
  readonly now?: { readonly kind: SplitKind; readonly reason: string };
}

export interface HotAccountsQuery extends CallOptions {
  /** How many at most; 50 by default. */
  readonly limit?: number;
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
  /** Below zero while the account is in debt. */
  readonly available: bigint;
  readonly held: bigint;
  /** `available + held`. */
  readonly total: bigint;
  readonly inTransit: bigint;
  /** Absent without a credit line. */
  readonly creditLimit?: bigint;
  /** What can be spent now: `available` and the credit limit together. Absent without a credit line. */
  readonly spendable?: bigint;
  readonly consistency: Consistency;
  readonly asOf: Date;
}

/** What an account had at an instant. */
export interface PastBalance {
  readonly accountId: string;
  readonly asset: string;
  /** In all, held money included, in minor units: the sum of the entries before the instant. */
  readonly total: bigint;
  /** The instant. */
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

export interface OperationsQuery extends ListQuery {
  readonly accountId?: string;
  /** All of them if it is not given. */
  readonly status?: Operation['status'];
}

export interface HoldsQuery extends ListQuery {
  readonly accountId: string;
  /** All of them if it is not given. */
  readonly status?: Hold['status'];
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
  /** How often it may come; as often as it likes by default. */
  readonly requestsPerSecond?: number;
  /** How many deductions and holds it may make, in batches and streams too. */
  readonly deductionsPerSecond?: number;
}

export interface AuditLogQuery extends ListQuery {
  /** Only lines of the key with this id. */
  readonly actor?: string;
  /** Only calls of this name, such as `resizeSubAccounts`. */
  readonly action?: string;
  /** Only calls that meant this account, key, shard or operation. */
  readonly target?: string;
  /** `desc`, the newest first, by default. */
  readonly order?: 'asc' | 'desc';
}

/** What an administrator did. */
export interface AuditLogLine {
  /** Its place; without gaps. */
  readonly sequence: number;
  readonly at: Date;
  /** The same in the line before a call and the one after it. */
  readonly callId: string;
  readonly outcome: 'asked' | 'succeeded' | 'refused' | 'failed';
  /** The id of the key. */
  readonly actor: string;
  readonly address: string;
  readonly door: string;
  readonly action: string;
  readonly target?: string;
  /** Why it was not carried out. */
  readonly code?: string;
  /** The line as it was hashed: JSON with the names sorted, with `request`, `before` and `after` where there are any. */
  readonly line: string;
  /** The hash of the line before. */
  readonly previousHash: string;
  /** SHA-256 of `line`, in hexadecimal. */
  readonly hash: string;
  /** Somebody changed what lists are filtered by, beside the line. */
  readonly altered: boolean;
}

/** What is not given stays as it is. */
export interface KeyChange extends CallOptions {
  readonly keyId: string;
  readonly scopes?: readonly Scope[];
  /** `null` takes the limit away. */
  readonly accounts?: readonly string[] | null;
  /** `null` takes the limit away. */
  readonly expiresAt?: Date | string | null;
  /** `null` takes the limit away. */
  readonly requestsPerSecond?: number | null;
  /** `null` takes the limit away. */
  readonly deductionsPerSecond?: number | null;
}

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Of a key that is limited to accounts whose ids begin with one of these. */
  readonly accounts?: readonly string[];
  readonly expiresAt?: Date;
  readonly requestsPerSecond?: number;
  readonly deductionsPerSecond?: number;
  /** To about a minute; absent until it was used. */
  readonly lastUsedAt?: Date;
  readonly createdAt?: Date;
}

export interface CreatedKey extends ApiKey {
  /** The key itself, which is shown this once. */
  readonly key: string;
}

/** A receiver of events. */
export interface Webhook {
  readonly webhookId: string;
  readonly url: string;
  /** All types, where it is absent. */
  readonly types?: readonly string[];
  /** All accounts, where it is absent. */
  readonly accountId?: string;
  readonly enabled: boolean;
  readonly disabledBecause?: string;
  /** When it last passed over events that were deleted, being too old, before they were sent. */
  readonly missedAt?: Date;
  readonly createdAt: Date;
}

/** A webhook and the secret that signs what is sent, which is shown this once. */
export interface CreatedWebhook extends Webhook {
  readonly secret: string;
}

export interface NewWebhook extends CallOptions {
  /** An `https:` address at a public host. */
  readonly url: string;
  /** Only these, such as `hotsplit.balance.exhausted`; all by default. */
  readonly types?: readonly string[];
  /** Only events of this account. */
  readonly accountId?: string;
}

/** What is not given stays as it is. */
export interface WebhookChange extends CallOptions {
  readonly webhookId: string;
  readonly url?: string;
  /** `null` takes the filter away. */
  readonly types?: readonly string[] | null;
  /** `null` takes the filter away. */
  readonly accountId?: string | null;
  /** One that was disabled goes on where it stopped. */
  readonly enabled?: boolean;
}

export interface DeliveriesQuery extends ListQuery {
  readonly webhookId: string;
}

export interface OneDelivery extends CallOptions {
  readonly webhookId: string;
  readonly deliveryId: string;
}

/** What became of one event at one receiver. */
export interface WebhookDelivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly status: 'delivered' | 'pending' | 'failed';
  readonly attempts: number;
  /** What the last attempt came to. */
  readonly answer: string;
  readonly createdAt: Date;
  readonly triedAt: Date;
  /** When it is sent again, if it is. */
  readonly nextAt?: Date;
}

export interface EventsQuery extends CallOptions {
  /** `nextCursor` of the page before; `oldest`, as by default, or `newest` for what happens from now on. */
  readonly cursor?: string;
  /** 1 to 1,000; 50 by default. */
  readonly limit?: number;
  /** Only these, such as `hotsplit.entry.created`. */
  readonly types?: readonly string[];
  readonly accountId?: string;
}

/** One thing that happened: CloudEvents 1.0. */
export interface Event {
  readonly specversion: string;
  /** The same each time that the event is delivered. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The account's id. */
  readonly subject: string;
  readonly time: Date;
  /** Events with the same one come in the order in which they happened. */
  readonly partitionkey: string;
  /** Rises among those; compare it as text. */
  readonly sequence: string;
  /** What the type says, as the API shows it: amounts are strings of digits. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventPage {
  /** May be empty and have more behind it. */
  readonly items: readonly Event[];
  /** How far this page goes. Good for as long as events are kept. */
  readonly nextCursor: string;
  readonly hasMore: boolean;
  /** Shards that could not be read: what happened there comes when they are back. */
  readonly unavailable?: readonly string[];
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
