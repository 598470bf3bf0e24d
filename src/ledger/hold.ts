/** `cancelled` by its user, `expired` by the clock: either way its money is available again. */
export type HoldState = 'held' | 'confirmed' | 'cancelled' | 'expired';

/**
 * Money set aside in one sub-account, which it is pinned to: whatever becomes of the account's size and placement, it is
 * confirmed, cancelled or expires in that row. Changed once, from `held` to what it came to.
 */
export interface Hold {
  readonly accountId: string;
  /** The request id of the try. */
  readonly holdId: string;
  readonly subAccount: number;
  /** Zero in a tombstone: a hold that was cancelled before it was tried, and must not be tried any more. */
  readonly amountMinor: bigint;
  /** What was taken of it when it was confirmed; the rest was released. Zero in every other state. */
  readonly confirmedMinor: bigint;
  readonly state: HoldState;
  /** Microseconds since 1970 by the clock of the shard's database, which is the only one it is compared with. */
  readonly expiresAtUs: number;
  /** The version that taking it made of its row. */
  readonly version: number;
  /** The version that settling it made of its row; `null` while it is held. */
  readonly settledVersion: number | null;
  /** What the try asked for, hashed (32 hex digits). */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
  readonly createdAtUs: number;
}

export function isTombstone({ amountMinor }: Hold): boolean {
  return amountMinor === 0n;
}

/** How long a hold may last. */
export const HOLD_SECONDS_MAX = 30 * 24 * 3_600;
export const HOLD_SECONDS_DEFAULT = 900;
