import type { LatencyHistogram } from './latency-histogram';

/** What one measurement came to; warm-up and drain are not in it. */
export interface Measurement {
  readonly seconds: number;
  readonly ops: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Requests that were not acknowledged, from the first of the warm-up to the last of the drain. */
  readonly errors: number;
}

/** When a measurement warms up, counts, and gives up waiting for what is still under way. */
export interface Timing {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly drainMsMax: number;
}

export function summarize(measured: {
  readonly seconds: number;
  readonly ops: number;
  readonly latencies: LatencyHistogram;
  readonly errors: number;
}): Measurement {
  const { seconds, ops, latencies, errors } = measured;
  return {
    seconds,
    ops,
    opsPerSecond: ops / seconds,
    p50Ms: latencies.percentileMs(0.5),
    p99Ms: latencies.percentileMs(0.99),
    p999Ms: latencies.percentileMs(0.999),
    errors,
  };
}
