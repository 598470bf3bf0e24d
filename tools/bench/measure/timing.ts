import type { Timing } from './measurement';

const WARM_UP_MS = 1_000;
const DRAIN_MS_MAX = 30_000;

export function timingOf(seconds: number): Timing {
  return { warmUpMs: WARM_UP_MS, measureMs: seconds * 1_000, drainMsMax: DRAIN_MS_MAX };
}
