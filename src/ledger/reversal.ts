/**
 * What has come back of one deduction after its n-th reversal. One is written with each reversal and never changed;
 * numbering them makes two that were decided side by side collide, and the newest one says what is left.
 */
export interface Reversal {
  readonly accountId: string;
  /** The request id of the deduction, or of the hold whose confirmation it reverses. */
  readonly reverses: string;
  /** 1, 2, 3 … */
  readonly number: number;
  /** Σ of this reversal and all before it. */
  readonly reversedMinor: bigint;
  readonly subAccount: number;
  /** The version of the row that it made. */
  readonly version: number;
}
