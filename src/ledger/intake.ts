/** Why an asynchronous deduction was refused: codes of the catalog of problems. */
export const REJECTION_REASONS = [
  'INSUFFICIENT_FUNDS',
  'ACCOUNT_FROZEN',
  'ACCOUNT_CLOSED',
  'IDEMPOTENCY_KEY_REUSED',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** `received` waits to be charged. `moved` has gone on to the home that its account's new placement gives it. */
export type IntakeState = 'received' | 'succeeded' | 'rejected' | 'moved';

/**
 * A deduction that was received to be charged later. The first attempt under a key is inserted without any lock, guarded by
 * the primary key; from then on the record is changed only under the lock of the row that it is pinned to.
 */
export interface IntakeRecord {
  readonly accountId: string;
  readonly requestId: string;
  /** Counts the requests that were received under the key: a rejection is final for its attempt, not for the next one. */
  readonly attempt: number;
  readonly state: IntakeState;
  readonly amountMinor: bigint;
  /** The row that it is pinned to: whoever charges or ends this attempt locks this one, whatever the account's size by then. */
  readonly subAccount: number;
  /** Hash of what the user sent (32 hex digits). */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
  /** Microseconds since 1970 by the clock of the shard that received it. */
  readonly receivedAtUs: number;
  /** Since when it has its state. While it is received: since when it is on this shard. */
  readonly sinceUs: number;
  /** Of a rejection. */
  readonly reason: RejectionReason | null;
}

/** What the end of an attempt is to be. */
export type IntakeEnd =
  /** Its key took effect at a past home, where nothing is written any more. */
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason }
  /** It is durable at its new home. */
  | { readonly kind: 'moved' }
  /** It ended longer ago than keys are remembered. */
  | { readonly kind: 'forgotten' };
