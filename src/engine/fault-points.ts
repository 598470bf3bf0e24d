/**
 * Named places between the steps of what must survive a crash anywhere. They do nothing, unless a test runs the service
 * with a fault at one of them (`HOTSPLIT_TEST_FAULT`, see docs/testing.md).
 */
export const FAULT_POINTS = [
  /** Money is about to leave a sub-account for another shard. */
  'transfer.leaving',
  /** It has left, durably, and is in transit. */
  'transfer.departed',
  /** It has arrived, and its source does not know yet. */
  'transfer.arrived',
  /** Its source knows. */
  'transfer.completed',
  /** Recovery has found departures that nobody finished. */
  'recovery.found',
  /** Money for a waiting deduction is on its way home. */
  'collector.departed',
  /** All shards are locked for a round of the collector, sources have not paid yet. */
  'collector.locked',
  /** Under locks, the sources have paid and home has not taken it. */
  'collector.paid',
  /** The operation is written, the account does not name it yet. */
  'resize.asked',
  /** The account names the operation. */
  'resize.begun',
  /** The next placement is announced. */
  'resize.announced',
  /** New rows stand. */
  'resize.prepared',
  /** One shard is fenced. */
  'resize.fencing',
  /** All shards are fenced. */
  'resize.fenced',
  /** It is decided that the next placement becomes active. */
  'resize.activating',
  /** It is active; its rows do not all know yet. */
  'resize.activated',
  /** It is decided that the old placement stays. */
  'resize.abandoning',
  /** The rows know which of them are in use. */
  'resize.settled',
  /** A draining row's money has been told to leave. */
  'drain.leveled',
  /** A hold or deduction that is not at home was looked for on the account's other shards. */
  'hold.sought',
  /** Holds whose time is over were found and are still held. */
  'hold.expiring',
  /** What was received is durable, and its sender does not know yet. */
  'intake.received',
  /** It was found waiting and is not charged yet. */
  'intake.charging',
  /** There is a verdict on it, and nothing was done by that yet. */
  'intake.screened',
  /** It cannot be charged, and its record does not say so yet. */
  'intake.refused',
  /** It is durable at its new home, and its record at the old one does not say so yet. */
  'intake.moved',
  /** A payment to another account is durable with its debit. */
  'payment.departed',
  /** It has arrived there, or was refused for good, and nobody else knows. */
  'payment.decided',
  /** What was refused is back. */
  'payment.returned',
  /** Recovery has found payments that nobody finished. */
  'payment.found',
  /** Feed rows were found that nobody has published. */
  'feed.found',
  /** They are published, and still among those to be published. */
  'feed.published',
  /** A balance was found to have crossed a bound, and nobody knows yet. */
  'level.found',
  /** It is durable that it has, event included. */
  'level.stepped',
  /** The directory has the account's new status, the rows not yet. */
  'status.recorded',
  /** The rows have it, the operation has not ended. */
  'status.told',
  /** What the rows of an account are to be granted, or what is to be taken back, is written; no row knows yet. */
  'credit.begun',
  /** The rows have taken it, and the directory does not know yet. */
  'credit.told',
  /** The directory knows that the account is above its credit limit, or no more; the rows do not yet. */
  'credit.halting',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Told when a point is reached; may crash the process, or reject to fail the call. */
export type ReachPoint = (point: FaultPoint) => Promise<void> | undefined;

export const NO_FAULTS: ReachPoint = () => undefined;
