import type { Charge } from './allowance';
import type { Entry } from './entry';
import type { Hold } from './hold';
import type { IntakeRecord } from './intake';
import type { Departure } from './transfer';

/** What a command came to. Expected outcomes are values; only faults throw. */
export type Outcome =
  | {
      readonly kind: 'applied';
      readonly entry: Entry;
      readonly departures: readonly Departure[];
      /** Answered before it was written; a crash may lose it. */
      readonly isDeferred?: true;
    }
  | { readonly kind: 'arrived' }
  | { readonly kind: 'replayed'; readonly entry: Entry; readonly isDeferred?: true }
  | { readonly kind: 'alreadyArrived' }
  /** What left; `undefined` when there was nothing to take. */
  | { readonly kind: 'departed'; readonly departure: Departure | undefined }
  /** Every row has it now; of a status or a grant, `newerVersion` is one that rows know already, and then they keep that. */
  | { readonly kind: 'settled'; readonly newerVersion?: number }
  /** What is left in draining rows because no row here is open, or none has room. */
  | { readonly kind: 'leveled'; readonly strandedMinor: bigint }
  /** Set aside, now or (`replayed`) before; a replay shows what has become of it since. */
  | { readonly kind: 'held'; readonly hold: Hold; readonly replayed: boolean }
  /** Confirmed, cancelled or expired, as was asked for; `replayed` if it was so already. */
  | { readonly kind: 'holdSettled'; readonly hold: Hold; readonly replayed: boolean }
  /** Captured in part, raised or extended, and still held; `replayed` if that was done before. */
  | { readonly kind: 'holdChanged'; readonly hold: Hold; readonly replayed: boolean }
  /** More is to be set aside for a hold that has budgets: by which of their steps has to be named. Nothing was done. */
  | { readonly kind: 'stepsNeeded'; readonly charges: readonly Charge[] }
  /** Raised to no more than it was tried for. */
  | { readonly kind: 'raiseTooLow'; readonly triedMinor: bigint }
  | { readonly kind: 'holdAlreadyConfirmed' }
  /** Cancelled, perhaps before it was tried, or its time is over. */
  | { readonly kind: 'holdAlreadyCancelled'; readonly isExpired?: true }
  /** More was to be taken than was held. */
  | { readonly kind: 'confirmExceedsHold'; readonly heldMinor: bigint }
  /** There is no such hold on this shard. */
  | { readonly kind: 'holdNotHere' }
  /** Its time is not over. */
  | { readonly kind: 'holdStands' }
  /**
   * What was answered before is written. `lease` is the next one; it may be answered from if `isUsable`, otherwise it is to
   * be given back. `found` had been sent elsewhere too, and counted there; `reused` keys stand for something else.
   */
  | {
      readonly kind: 'flushed';
      readonly lease: Hold | undefined;
      readonly isUsable: boolean;
      readonly found: number;
      readonly reused: readonly string[];
    }
  /** The lease has expired, its money has gone back, and nothing was written. */
  | { readonly kind: 'leaseOver' }
  /** To be charged later, as of now or (`replayed`) of before; a replay shows what has become of it since. */
  | { readonly kind: 'received'; readonly record: IntakeRecord; readonly replayed: boolean }
  /** What was received has come to its end. */
  | { readonly kind: 'intakeEnded'; readonly record: IntakeRecord }
  /** The attempt does not stand as received here any more: nothing was done. */
  | { readonly kind: 'attemptOver' }
  /** There is no such deduction on this shard. */
  | { readonly kind: 'deductionNotHere' }
  /** What is to be reversed has gone to another account, which alone can send it back. */
  | { readonly kind: 'transferNotReversible' }
  /** `leftMinor` is what has not been reversed yet. */
  | { readonly kind: 'reversalExceedsDeduction'; readonly leftMinor: bigint }
  | { readonly kind: 'reversalExceedsCredit'; readonly leftMinor: bigint }
  | { readonly kind: 'keyReused' }
  /**
   * `availableMinor` is what the rows on this shard could pay at that moment. Of what is done to something that stands already,
   * `askedMinor` is what it takes of that.
   */
  | {
      readonly kind: 'insufficientFunds';
      readonly availableMinor: bigint;
      readonly askedMinor?: bigint;
      /** Of what is charged to budgets: the allowance that is short here, where it is not the account. */
      readonly shortOf?: string;
    }
  | { readonly kind: 'accountFrozen' }
  | { readonly kind: 'accountClosed' }
  | { readonly kind: 'balanceLimitExceeded' }
  /** Routed by an older placement than the row's: nothing was done, read the directory again. */
  | {
      readonly kind: 'fenced';
      readonly epoch: number;
      /** The allowance whose row it was, where it is not the account's. */
      readonly fencedBy?: string;
    };

export type OutcomeKind = Outcome['kind'];
