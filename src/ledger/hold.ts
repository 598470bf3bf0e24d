import type { Charge } from './allowance';

/** `cancelled` by its user, `expired` by the clock: either way its money is available again. */
export const HOLD_STATES = ['held', 'confirmed', 'cancelled', 'expired'] as const;

export type HoldState = (typeof HOLD_STATES)[number];

/**
 * Money set aside in one sub-account, which it is pinned to: whatever becomes of the account's size and placement, it is
 * captured, confirmed, cancelled or expires in that row. While it is `held` it may be captured, raised and extended; it comes to its
 * end once.
 */
export interface Hold {
  readonly accountId: string;
  /** The request id of the try. */
  readonly holdId: string;
  readonly subAccount: number;
  /**
   * What is set aside; of one that is settled, what was set aside when that happened. Zero in a tombstone: a hold that was cancelled
   * before it was tried, and must not be tried any more; and of a hold that was captured whole and goes on.
   */
  readonly amountMinor: bigint;
  /** What the capture took that settled it; the rest was released. Zero in every other state. */
  readonly confirmedMinor: bigint;
  /** What captures took before that. */
  readonly capturedMinor: bigint;
  /** What was added to it since it was tried. */
  readonly raisedMinor: bigint;
  readonly state: HoldState;
  /** Microseconds since 1970 by the clock of the shard's database, which is the only one it is compared with. */
  readonly expiresAtUs: number;
  /** The version that taking it made of its row. */
  readonly version: number;
  /** The version that settling it made of its row; `null` while it is held. */
  readonly settledVersion: number | null;
  /** The version that its newest raise, or capture before the last, made of its row; `null` where there was none. */
  readonly changedVersion: number | null;
  /** What the try asked for, hashed (32 hex digits). */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
  readonly createdAtUs: number;
  /**
   * The budgets in which the same is set aside: by a hold of the same id in the row of the same index of each allowance, to which
   * whatever is done to this one is done as well.
   */
  readonly charges?: readonly Charge[];
}

/** The time of a hold of an allowance: it ends with that of its account. Year 2255, the last that a number has exactly. */
export const ENDS_WITH_ITS_ACCOUNTS_US = Number.MAX_SAFE_INTEGER;

/** What of a hold is all as it was tried: neither captured nor raised. */
export const UNCHANGED = { capturedMinor: 0n, raisedMinor: 0n, changedVersion: null } as const;

type Amounts = Pick<Hold, 'amountMinor' | 'confirmedMinor' | 'capturedMinor' | 'raisedMinor'>;

/** All that was ever set aside for it, what was captured of it included. */
export function totalMinor({
  amountMinor,
  capturedMinor,
}: Omit<Amounts, 'confirmedMinor' | 'raisedMinor'>): bigint {
  return amountMinor + capturedMinor;
}

/** What its try asked for. */
export function triedMinor(hold: Omit<Amounts, 'confirmedMinor'>): bigint {
  return totalMinor(hold) - hold.raisedMinor;
}

/** All that was taken of it. */
export function takenMinor({
  confirmedMinor,
  capturedMinor,
}: Pick<Amounts, 'confirmedMinor' | 'capturedMinor'>): bigint {
  return capturedMinor + confirmedMinor;
}

export function isTombstone(hold: Pick<Hold, 'amountMinor' | 'capturedMinor'>): boolean {
  return totalMinor(hold) === 0n;
}

/** Whether an account and a budget have the same set aside and taken for a hold; each has versions and a time of its own. */
export function isInStep(a: Hold, b: Hold): boolean {
  return (
    a.state === b.state &&
    a.subAccount === b.subAccount &&
    a.amountMinor === b.amountMinor &&
    a.capturedMinor === b.capturedMinor &&
    a.confirmedMinor === b.confirmedMinor
  );
}

/** How long a hold may last. */
export const HOLD_SECONDS_MAX = 30 * 24 * 3_600;
export const HOLD_SECONDS_DEFAULT = 900;
