import type { RunningSum } from '../ledger/running-sum';
import type { Command, DeductCommand } from '../ledger/command';
import type { Entry, ListedKind } from '../ledger/entry';
import type { FeedRange } from '../ledger/feed-change';
import type { Hold, HoldState } from '../ledger/hold';
import type { IntakeRecord, IntakeState } from '../ledger/intake';
import type { Outcome } from '../ledger/outcome';
import type { Payment } from '../ledger/payment';
import type { SubAccount, SubAccountSeed } from '../ledger/sub-account';
import type { Departure } from '../ledger/transfer';
import type { Ahead, NextBatch } from './ahead';
import type { DeductionResult, DeductionWay } from './deduction-way';
import type { FeedStore } from './feed/feed-store';
import type { LedgerScan } from './ledger-scan';
import type { Span } from './span';

/** Sums over an account's rows on one shard, from one statement. */
export interface ShardBalance {
  readonly availableMinor: bigint;
  readonly heldMinor: bigint;
  /** Modulo 2^64: add the shards up, then wrap. */
  readonly netMinor: bigint;
  /** What is granted on credit, modulo 2^64. */
  readonly grantedMinor: bigint;
  /** Σ over the rows. It only rises, and with nothing but what comes from outside: equal means unchanged. */
  readonly outsideVersion: bigint;
  readonly rows: number;
  /** The highest epoch of any row, 0 without rows. A reader whose placement is older does not know the whole reach. */
  readonly epochMax: number;
  /** Rows under a status other than active. */
  readonly inactiveRows: number;
  /** Those of them that were told that the account is above its credit limit. */
  readonly overLimitRows: number;
}

/** All rows of an account on one shard, locked in an open transaction. Ends with `apply` or `release`. */
export interface LockedAccount {
  readonly rows: readonly SubAccount[];
  /**
   * Decides the commands, all keys looked up first, and commits: when it resolves, the applied outcomes are durable.
   * Rejects as `applyBatch` does; the transaction is over in any case.
   */
  apply(commands: readonly Command[]): Promise<readonly Outcome[]>;
  /** Never rejects, and may be called after `apply`. */
  release(): Promise<void>;
}

/** A place in an account's list of entries: everything strictly older comes after it. */
export interface EntryPosition {
  readonly createdAtUs: number;
  readonly shard: string;
  readonly subAccount: number;
  readonly version: number;
}

/** Where an entry stands among those of its account on one shard. */
export type EntryStand = Omit<EntryPosition, 'shard'>;

/** A stretch of an account's entries in their order. */
export interface EntryStretch {
  readonly accountId: string;
  /** Exclusive upper end. */
  readonly before: EntryPosition;
  /** Exclusive lower end, on this shard. */
  readonly after?: EntryStand;
  /** Inclusive. */
  readonly fromUs?: number;
  /** Exclusive. */
  readonly toUs?: number;
}

export interface EntryQuery extends EntryStretch {
  readonly limit: number;
  /** The newest first when absent. */
  readonly order?: 'oldest first';
  /** All that are listed when absent. */
  readonly kinds?: readonly ListedKind[];
  readonly reference?: string;
}

/** Entries that were found, in the order that was asked for. */
export interface FoundEntries {
  readonly entries: readonly Entry[];
  /** Where the search stopped before its end, because it had gone through as many entries as one call may. */
  readonly stoppedAt?: EntryStand;
}

/** How many entries of one kind a quarter of an hour has, and what they come to. */
export interface EntrySum {
  readonly kind: ListedKind;
  /** Quarters of an hour since 1970: every time zone's hours, days and months begin with one. */
  readonly quarter: number;
  readonly count: number;
  readonly amountMinor: bigint;
}

/** Sums of some of a stretch's entries, the oldest of them. */
export interface EntrySums {
  readonly sums: readonly EntrySum[];
  /** The last entry that is among them, where there may be more behind it. */
  readonly summedTo?: EntryStand;
}

/** Which of an account's internal keys are looked for. */
export interface KeySearch {
  readonly accountId: string;
  /** What they begin with, up to a blank. */
  readonly prefix: string;
  /** One of the words behind that. */
  readonly word: string;
  /** Where the last search stopped. */
  readonly after?: string;
}

/** Keys that were found, and where the search stopped before its end. */
export interface FoundKeys {
  readonly keys: readonly string[];
  readonly stoppedAt?: string;
}

/** A departure that has not been marked as arrived yet, and the shard it left. */
export interface PendingDeparture extends Departure {
  readonly fromShard: string;
}

/** Which departures are looked for. */
export interface DepartureQuery {
  readonly limit: number;
  /**
   * None that left within this long of the shard's clock. A departure stamped further ahead was written before that clock was
   * put right: it may be old, so it is among what is found.
   */
  readonly olderThanMs: number;
  /** Only those that go to one of these. */
  readonly toShards?: readonly string[] | undefined;
  readonly accountId?: string | undefined;
  /** Where the last page ended. */
  readonly after?: Pick<Departure, 'toShard' | 'accountId' | 'transferId'> | undefined;
}

/** A hold whose time is over. */
export type ExpiredHold = Pick<Hold, 'accountId' | 'holdId' | 'subAccount' | 'expiresAtUs'>;

/** Holds of one account by their ids, leases left out. */
export interface HoldQuery {
  readonly accountId: string;
  readonly limit: number;
  /** All states when absent. */
  readonly status?: HoldState | undefined;
  /** Where the page begins. */
  readonly from?: { readonly holdId: string; readonly isIncluded: boolean } | undefined;
}

/** Records of the intake in one state, those that have had it longest first. */
export interface IntakePage {
  readonly state: IntakeState;
  readonly limit: number;
  /** Only those that have had it for longer than this, by the shard's clock. */
  readonly olderThanMs?: number | undefined;
  /**
   * Of those that wait, only what is due by the shard's clock, or only what is put off for longer than screening ever puts
   * anything off: those were received, or put off, before the clock was set back.
   */
  readonly due?: 'now' | 'by an earlier clock' | undefined;
  /** Where the last page ended. */
  readonly after?: Pick<IntakeRecord, 'sinceUs' | 'accountId' | 'requestId'> | undefined;
}

/** Which payments under way are looked for. */
export interface PaymentQuery {
  /** Only those that arrive there. */
  readonly toShard: string;
  readonly limit: number;
  /** None that was made within this long of the shard's clock; one stamped further ahead is among what is found. */
  readonly olderThanMs: number;
  /** Where the last page ended. */
  readonly after?: Pick<Payment, 'createdAtUs' | 'accountId' | 'requestId'> | undefined;
}

export interface IntakeDepthQuery {
  /** No more than so many are counted. */
  readonly countMax: number;
  /** Of so many accounts, those with the most, it is told how much waits of each; 0 for none. */
  readonly accountsMax?: number;
}

/** Lanes of a shard beside `parallelism`: what is received has one of its own. */
export const INTAKE_LANES = 1;

/** What waits in a shard's intake. */
export interface IntakeDepth {
  readonly waiting: number;
  /** For how long the first of it has been due; 0 or less where nothing is. */
  readonly oldestUs: number;
  readonly accounts: readonly { readonly accountId: string; readonly waiting: number }[];
}

/** A page of rows, by account and index. */
export interface RowPage {
  readonly limit: number;
  /** Where the last page ended. */
  readonly after?: Pick<SubAccount, 'accountId' | 'index'> | undefined;
}

/** A row that is out of use. */
export type DrainingRow = Pick<SubAccount, 'accountId' | 'index' | 'availableMinor'>;

/** What a batch ended with, and what the next one on the same lane may assume to save a second try. */
export interface BatchResult {
  readonly outcomes: readonly Outcome[];
  readonly hint: BatchHint;
  /** Is used by the next batch or given up; never rejects, and is `undefined` when nothing is open. */
  readonly ahead?: Promise<Ahead | undefined> | undefined;
}

/** How a batch is joined to the one before it and the one behind it. */
export interface BatchChain {
  /** Used by its first try, or given up. */
  readonly ahead?: Ahead | undefined;
  /** Asked as late as possible: when the batch is about to be committed. */
  readonly next: () => NextBatch;
}

/** Loads ahead of need: never required for correctness, only to save a rolled-back try. */
export interface BatchHint {
  readonly lookUpKeys: boolean;
  readonly wholeAccounts: ReadonlySet<string>;
  /** How long the batch may be tried, where that is shorter than otherwise: its commands have waited already. */
  readonly tryMsMax?: number;
  /** Of the batch, where one of its commands is traced. */
  readonly span?: Span | undefined;
}

export const NO_HINT: BatchHint = { lookUpKeys: false, wholeAccounts: new Set() };

/**
 * One database that holds sub-accounts, entries and transfers: the port that the engine stands on. Every call has a
 * deadline of its own.
 *
 * Calls reject with `ShardUnavailableError`, `ShardContendedError` or a `ShardFault` that another try will not mend.
 */
export interface Shard extends LedgerScan {
  readonly name: string;
  /** How many batches may usefully run side by side. */
  readonly parallelism: number;
  /** What its transactions did, for whoever wants to be told. */
  readonly feed: FeedStore;

  /** Migrates the database and checks that it is the shard it is taken for. May be called again after a failure. */
  open(): Promise<void>;

  /**
   * Runs the commands in one transaction, tried again as often as the retry policy allows. When it resolves, the
   * applied outcomes are durable.
   */
  applyBatch(commands: readonly Command[], hint: BatchHint, chain?: BatchChain): Promise<BatchResult>;

  /**
   * Carries out one deduction in a transaction of its own, a strategy's way. Refuses nothing: what is not a plain success
   * is handed over, to be decided in a batch.
   */
  deduct(command: DeductCommand, way: DeductionWay): Promise<DeductionResult>;

  /** Creates rows that do not exist yet, empty; existing ones are left alone. */
  createSubAccounts(seeds: readonly SubAccountSeed[]): Promise<void>;

  /** Marks departures of this shard as arrived. */
  completeTransfers(transfers: readonly { accountId: string; transferId: string }[]): Promise<void>;

  /** Committed departures that are not marked as arrived, by destination, account and id. */
  pendingDepartures(query: DepartureQuery): Promise<PendingDeparture[]>;

  /** How many departures to a shard are not marked as arrived; no more than `countMax` are counted. */
  countDepartures(toShard: string, countMax: number): Promise<number>;

  /** Payments that left accounts here and are not known to have arrived or come back, the oldest first. */
  pendingPayments(query: PaymentQuery): Promise<Payment[]>;

  /** Of these keys of one account, the payments that are under way. */
  findPayments(accountId: string, requestIds: readonly string[]): Promise<Payment[]>;

  /** Some of the payments that have left one account here and are under way. */
  paymentsFrom(accountId: string, limit: number): Promise<Payment[]>;

  /** Forgets payments that are known to have arrived or come back. */
  forgetPayments(payments: readonly Pick<Payment, 'accountId' | 'requestId'>[]): Promise<void>;

  findEntry(accountId: string, requestId: string): Promise<Entry | undefined>;

  /** What is committed under these keys of one account when the call is made. */
  findEntries(accountId: string, requestIds: readonly string[]): Promise<Entry[]>;

  findHold(accountId: string, holdId: string): Promise<Hold | undefined>;

  /** What was received under these keys of one account. */
  findIntakes(accountId: string, requestIds: readonly string[]): Promise<IntakeRecord[]>;

  intakeInState(page: IntakePage): Promise<IntakeRecord[]>;

  intakeDepth(query: IntakeDepthQuery): Promise<IntakeDepth>;

  /** Holds whose time is over by this shard's clock, the longest over first. */
  expiredHolds(page: {
    readonly limit: number;
    readonly after?: ExpiredHold | undefined;
  }): Promise<ExpiredHold[]>;

  /** Holds of one account here by their ids; leases are not among them. */
  listHolds(query: HoldQuery): Promise<Hold[]>;

  /** Leases of the account on this shard that nobody has ended, expired ones included. */
  openLeases(accountId: string): Promise<Hold[]>;

  /**
   * Locks all rows of the account on this shard. Whoever locks it on several does so in the order of their names, and
   * one caller at a time in this process: the store keeps one session aside for it.
   */
  lockAccount(accountId: string): Promise<LockedAccount>;

  /** Rows that are out of use and not closed yet: they have money to move, or holds, which stay. */
  drainingRows(page: RowPage): Promise<DrainingRow[]>;

  /**
   * What each of some accounts has here, by account; nothing where it has no rows. One round trip, however many sub-accounts.
   *
   * @param accountIds 1 to 500
   */
  readBalances(accountIds: readonly string[]): Promise<Map<string, ShardBalance>>;

  /** The account's rows on this shard, by index. */
  listSubAccounts(accountId: string): Promise<SubAccount[]>;

  /**
   * A moment by this shard's clock (µs) before which no entry of the account can appear any more: it waits for the
   * transactions that are changing the account.
   */
  settledUntilUs(accountId: string): Promise<number>;

  /** The time of the account's newest committed entry here that lists show (µs); 0 where there is none. */
  newestEntryUs(accountId: string): Promise<number>;

  /** Entries of a stretch in their order, newest first or oldest first; marks of holds are not among them. */
  listEntries(query: EntryQuery): Promise<FoundEntries>;

  /** Sums up a stretch's entries, so many of them as one statement may go through. */
  sumEntries(stretch: Omit<EntryStretch, 'before'>): Promise<EntrySums>;

  /** The newest running sum of an account's entries before a moment (µs). */
  findRunningSum(accountId: string, beforeUs: number): Promise<RunningSum | undefined>;

  /** Keeps a running sum, unless one of the same entry is there. */
  keepRunningSum(sum: RunningSum): Promise<void>;

  /** Forgets an account's running sums, which are made again when they are asked for. */
  forgetRunningSums(accountId: string): Promise<void>;

  /** Internal keys of an account that have a word, among so many of them as one statement may go through. */
  searchKeys(search: KeySearch): Promise<FoundKeys>;

  /** The entries that ranges of the feed name: those of each range by themselves, oldest first. */
  findWritten(ranges: readonly FeedRange[]): Promise<Entry[][]>;

  /** The database's clock, in microseconds since 1970. */
  clockUs(): Promise<number>;

  ping(): Promise<void>;

  close(): Promise<void>;
}
