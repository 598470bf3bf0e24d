/** Bounds of the lanes. Asserted at start: 1 ≤ batchCommandsMax ≤ depthMax. */
export interface LaneSettings {
  /** Commands that one lane merges into one transaction. */
  readonly batchCommandsMax: number;
  /** Commands that may wait in one lane; the next one is answered `overloaded`. */
  readonly depthMax: number;
  /** A command that has waited longer than this is answered `overloaded` instead of run. */
  readonly waitMsMax: number;
  /** How long a shard that could not be reached is left alone before it is asked again. */
  readonly breakMs: number;
}

export const LANE_SETTINGS: LaneSettings = {
  batchCommandsMax: 512,
  depthMax: 8_192,
  waitMsMax: 10_000,
  breakMs: 500,
};

export function assertLaneSettings(settings: LaneSettings): void {
  const { batchCommandsMax, depthMax, waitMsMax, breakMs } = settings;
  if (batchCommandsMax < 1) throw new RangeError('batchCommandsMax must be at least 1');
  if (depthMax < batchCommandsMax) throw new RangeError('depthMax must be at least batchCommandsMax');
  if (waitMsMax < 1 || breakMs < 1) throw new RangeError('waitMsMax and breakMs must be positive');
}
