export interface LogSettings {
  readonly rows: number;
  readonly accounts: number;
  /** Zipf's exponent over the accounts. */
  readonly skew: number;
  readonly seed: number;
  /** How many days the log spans; without it, as many as bursts some seconds apart make. */
  readonly days?: number;
  readonly requestIds: boolean;
  /** With request ids: the share of rows that repeat an earlier one. */
  readonly repeatRate: number;
}

export interface LogCharge {
  readonly tsMs: number;
  readonly accountId: string;
  readonly amount: number;
  /** Empty without request ids. */
  readonly requestId: string;
}
