import type { Screened } from '../ledger/screened';
import type { DatabaseRefusedError, ShardFault } from '../shards/faults';

/** An error of a database: whose it was, what it means for a transaction, and the number or code that it came with. */
export type DatabaseFault = Pick<ShardFault, 'shard' | 'verdict' | 'reported' | 'cause'>;

export interface ClockSkew {
  readonly database: string;
  readonly against: 'instance' | 'directory';
  readonly skewMs: number;
}

/** What screening reports of itself. */
export interface ScreeningObserver {
  /** A verdict on a charge. */
  screened(screened: Pick<Screened, 'verdict' | 'by'>): void;
  /** The service did not say anything usable of a charge. */
  screeningFailed(failure: {
    readonly code: string;
    readonly message: string;
    readonly cause?: unknown;
  }): void;
  /** A call to the service: `answered`, or why it failed. */
  screeningCall(call: { readonly result: string; readonly seconds: number }): void;
  /** The service is left alone because it failed too often, or is asked again. */
  screeningState(isAsked: boolean): void;
}

/** What the engine reports of itself. Implementations must be fast and must not throw. */
export interface EngineObserver extends ScreeningObserver {
  batchDone(batch: { shard: string; lane: number; commands: number; seconds: number }): void;
  /** A deduction that was carried out by a strategy of its own, how it ended there, and after how many tries. */
  deducted(deduction: { strategy: string; result: string; tries: number }): void;
  /** Deductions that were answered before and are written now; `found` of them had been sent elsewhere too. */
  flushed(flush: { deductions: number; found: number }): void;
  /** A deduction that was answered and cannot be charged any more. */
  shortfall(lost: { accountId: string; requestId: string; amountMinor: bigint; reason: string }): void;
  shardState(shard: string, up: boolean): void;
  /** A database (a shard, or the directory) reported an error, conflicts included. Every try of a batch is told. */
  databaseFault(fault: DatabaseFault): void;
  /** A database (a shard, or the directory) has no room left to write, or is taken to have some again. */
  databaseRoom(database: string, isFull: boolean): void;
  /** An account was set aside because somebody else has its rows locked, or came back from there. */
  accountSetAside(account: { shard: string; accountId: string; isAside: boolean }): void;
  /** How far a database's clock is ahead of this instance's, or of the directory's. */
  clockSkew(skew: ClockSkew): void;
  /** Why a shard's database is refused while the service runs; `undefined` when it is not, or no more. */
  shardRefused(shard: string, error: DatabaseRefusedError | undefined): void;
  /** Why a database that somebody wanted to add was refused: the caller is not told. */
  shardNotAdded(shard: string, error: unknown): void;
  /** A shard that was declared lost begins anew, without this database. */
  shardBegunAnew(shard: string, incarnation: string): void;
  /** Something that should not happen did; `incident` is what the user was given to quote. */
  defect(incident: string, error: unknown): void;
  /** A round of the collector: how many requests waited for it, and whether it took locks on every shard. */
  collected(round: { requests: number; locked: boolean }): void;
  /** Money has left one shard of an account for another: the first step of a transfer. */
  sent(by: 'collector' | 'rebalancer' | 'sweeper'): void;
  /** A statement on the directory's database has ended; `isUp` where it was answered, if only by a refusal. */
  directoryAsked(answer: { seconds: number; isUp: boolean }): void;
  /** Background work that failed and will be tried again. */
  deferred(work: string, error: unknown): void;
  /** A deduction was received to be charged later. */
  received(shard: string): void;
  /** What was received has come to its end: `succeeded`, `moved` or the reason of a rejection. */
  workedOff(shard: string, end: string): void;
  /** What waits in a shard's intake. */
  intakeLevel(level: IntakeLevel): void;
  /** Rows of a database's feed were published; the oldest was written at this time of the database's clock. */
  published(rows: { source: string; rows: number; oldestAtUs: number }): void;
  /** What a look over the transfers, or the payments, between two shards found that cannot be delivered now. */
  undelivered(found: Undelivered): void;
}

export interface IntakeLevel {
  readonly shard: string;
  readonly waiting: number;
  /** For how long the first of it has waited. */
  readonly oldestMs: number;
  /** Nothing more is received. */
  readonly isFull: boolean;
}

/** Money from one shard to another that is due and cannot be delivered; none where `count` is 0. */
export interface Undelivered {
  /** Transfers `within` an account, or what one account has paid another. */
  readonly of: 'within' | 'payments';
  readonly fromShard: string;
  readonly toShard: string;
  readonly count: number;
  /** There are more: counting ended at a bound. */
  readonly isCutOff: boolean;
  /** Some of them, to look at. */
  readonly examples: readonly { readonly accountId: string; readonly transferId: string }[];
}

export const SILENT_OBSERVER: EngineObserver = {
  batchDone: () => undefined,
  deducted: () => undefined,
  flushed: () => undefined,
  shortfall: () => undefined,
  shardState: () => undefined,
  databaseFault: () => undefined,
  databaseRoom: () => undefined,
  clockSkew: () => undefined,
  shardRefused: () => undefined,
  shardNotAdded: () => undefined,
  shardBegunAnew: () => undefined,
  accountSetAside: () => undefined,
  defect: () => undefined,
  collected: () => undefined,
  deferred: () => undefined,
  sent: () => undefined,
  directoryAsked: () => undefined,
  received: () => undefined,
  workedOff: () => undefined,
  intakeLevel: () => undefined,
  published: () => undefined,
  screened: () => undefined,
  screeningFailed: () => undefined,
  screeningCall: () => undefined,
  screeningState: () => undefined,
  undelivered: () => undefined,
};
