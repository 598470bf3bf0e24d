import type { MoneyAsked } from './money-asked';
import type { Screened } from './screened';

/** Why an asynchronous deduction was refused: codes of the catalog of problems, `SCREENED_OUT` among them. */
export const REJECTION_REASONS = [
  'INSUFFICIENT_FUNDS',
  'ACCOUNT_FROZEN',
  'ACCOUNT_CLOSED',
  'IDEMPOTENCY_KEY_REUSED',
  'BUDGET_EXHAUSTED',
  'BUDGET_NOT_FOUND',
  'INVALID_ARGUMENT',
  'SCREENED_OUT',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** `received` waits to be charged. `moved` has gone on to the home that its account's new placement gives it. */
export type IntakeState = 'received' | 'succeeded' | 'rejected' | 'moved';

/**
 * A deduction that was received to be charged later. The first attempt under a key is inserted without any lock, guarded by
 * the primary key; from then on the record is changed only under the lock of the row that it is pinned to.
 */
export interface IntakeRecord extends MoneyAsked {
  /** Counts the requests that were received under the key: a rejection is final for its attempt, not for the next one. */
  readonly attempt: number;
  readonly state: IntakeState;
  /** The row that it is pinned to: whoever charges or ends this attempt locks this one, whatever the account's size by then. */
  readonly subAccount: number;
  /** Microseconds since 1970 by the clock of the shard that received it. */
  readonly receivedAtUs: number;
  /**
   * Since when it has its state. While it is received: since when it is on this shard or, once screening has put it off, when
   * it is to be worked off again.
   */
  readonly sinceUs: number;
  /** Of a rejection. */
  readonly reason: RejectionReason | null;
  /** The last verdict on it; `null` where nobody was asked. */
  readonly screening: Screened | null;
  /** Those that it names: it is charged to these and all above them as well. */
  readonly budgets?: readonly string[];
}

/** What the end of an attempt is to be. */
export type IntakeEnd =
  /** Its key took effect at a past home, where nothing is written any more. */
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly screening?: Screened | undefined }
  /** Not yet: it is worked off again after a pause, or rejected if it has waited for too long. */
  | PutOff
  /** It is durable at its new home. */
  | { readonly kind: 'moved' }
  /** It ended longer ago than keys are remembered. */
  | { readonly kind: 'forgotten' };

/** Puts a record off for a pause that grows with its age: half of that to all of it, within bounds. */
export interface PutOff {
  readonly kind: 'putOff';
  readonly screening: Screened;
  /** A record that was received longer ago than this is rejected instead. */
  readonly waitUsMax: number;
  /** In [0, 1): spreads what was put off together. */
  readonly jitter: number;
}

export const PUT_OFF_US_MIN = 250_000;

/** A record that is to be worked off later than this from now was put off by a clock that has been set back since. */
export const PUT_OFF_US_MAX = 30_000_000;
