import { LEASE_SECONDS_MAX } from '../ledger/lease';
import { DEDUCTION_SETTINGS, type DeductionSettings } from '../shards/run-deduction';

/** Bounds of `leased`. */
export interface LeaseSettings {
  /** The most that one lease sets aside: what a crash may lose, for each sub-account that an instance leases from. */
  readonly amountMaxMinor: bigint;
  /** How long what was answered may stay in memory before it is on its way to the database. */
  readonly flushMs: number;
  /** How long after a flush a lease is answered from without asking again: what freezing an account waits for. */
  readonly termMs: number;
  /** After this without a flush a lease expires, and what is left of it goes back. */
  readonly expiryMs: number;
  /** Deductions that were answered and are not written yet, over all accounts; the next is answered `overloaded`. */
  readonly deductionsMax: number;
}

export const LEASE_SETTINGS: LeaseSettings = {
  amountMaxMinor: 1_000_000n,
  flushMs: 20,
  termMs: 250,
  expiryMs: 5_000,
  deductionsMax: 10_000,
};

/** Bounds of the strategies other than `merged`, in one place. Some are settings of the service, see docs/operations.md. */
export interface StrategySettings extends DeductionSettings {
  /** After this a lock of `redis-lock` is let go of by itself. */
  readonly lockMs: number;
  readonly lease: LeaseSettings;
}

export const STRATEGY_SETTINGS: StrategySettings = {
  ...DEDUCTION_SETTINGS,
  lockMs: 2_000,
  lease: LEASE_SETTINGS,
};

/** @throws RangeError naming the bound that is broken */
export function assertStrategySettings(settings: StrategySettings): void {
  const { sessionsPerShard, waitingMax, waitMsMax, triesMax, backoffMsBase, backoffMsMax, lockMs } = settings;
  if (sessionsPerShard < 1) throw new RangeError('sessionsPerShard must be at least 1');
  if (waitingMax < 1 || waitMsMax < 1) throw new RangeError('waitingMax and waitMsMax must be positive');
  if (triesMax < 1) throw new RangeError('triesMax must be at least 1');
  if (backoffMsBase < 0 || backoffMsMax < backoffMsBase)
    throw new RangeError('backoffMsMax must be at least backoffMsBase, and that not negative');
  if (lockMs < 1) throw new RangeError('lockMs must be positive');
  assertLeaseSettings(settings.lease);
}

function assertLeaseSettings({
  amountMaxMinor,
  flushMs,
  termMs,
  expiryMs,
  deductionsMax,
}: LeaseSettings): void {
  if (amountMaxMinor < 1n || deductionsMax < 1)
    throw new RangeError('amountMaxMinor and deductionsMax must be positive');
  if (flushMs < 1 || termMs < 1) throw new RangeError('flushMs and termMs must be positive');
  // A lease must still stand, by the database's clock, while it is answered from by this one's.
  if (expiryMs < 4 * termMs || expiryMs < 4 * flushMs)
    throw new RangeError('expiryMs must be at least four times termMs and flushMs');
  if (expiryMs > LEASE_SECONDS_MAX * 1_000)
    throw new RangeError(`expiryMs must be at most ${LEASE_SECONDS_MAX * 1_000}`);
}
