import { DEDUCTION_SETTINGS, type DeductionSettings } from '../shards/run-deduction';

/** Bounds of the strategies other than `merged`, in one place. Some are settings of the service, see docs/operations.md. */
export interface StrategySettings extends DeductionSettings {
  /** After this a lock of `redis-lock` is let go of by itself. */
  readonly lockMs: number;
}

export const STRATEGY_SETTINGS: StrategySettings = {
  ...DEDUCTION_SETTINGS,
  lockMs: 2_000,
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
}
