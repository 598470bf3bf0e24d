export interface IntakeSettings {
  /** Between two looks at what waits. */
  readonly intervalMs: number;
  /** Records read together: as many as a batch takes. */
  readonly pageRecords: number;
  /** Charges of one shard that are under way at once. */
  readonly inFlightMax: number;
  readonly leaseMs: number;
  /** Records that may wait in one shard's intake. */
  readonly recordsMax: number;
  /** Between two countings of what waits. */
  readonly levelMs: number;
  /** Between two looks for records that ended longer ago than `windowMs`. */
  readonly cleaningMs: number;
  /** How long ended records are kept, as keys are. */
  readonly windowMs: number;
  /** How long the strategy `queued` waits for an outcome before it answers that the deduction was received. */
  readonly queuedMsMax: number;
}

export const INTAKE_SETTINGS: IntakeSettings = {
  intervalMs: 250,
  pageRecords: 500,
  inFlightMax: 2_048,
  leaseMs: 5_000,
  recordsMax: 1_000_000,
  levelMs: 1_000,
  cleaningMs: 60_000,
  windowMs: 30 * 24 * 3_600_000,
  queuedMsMax: 2_000,
};
