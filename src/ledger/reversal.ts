/**
 * What has come back of one deduction after its n-th reversal. One is written with each reversal and never changed;
 * numbering them makes two that were decided side by side collide, and the newest one says what is left.
 */
export interface Reversal {
  readonly accountId: string;
  /** What it reverses, as `reversedName` calls it: a deduction, a credit, or a capture of a hold. */
  readonly reverses: string;
  /** 1, 2, 3 … */
  readonly number: number;
  /** Σ of this reversal and all before it. */
  readonly reversedMinor: bigint;
  readonly subAccount: number;
  /** The version of the row that it made. */
  readonly version: number;
}
