import { pause } from '../../kernel/clock';
import { LatencyHistogram } from './latency-histogram';
import { type Measurement, summarize, type Timing } from './measurement';

/**
 * One operation of one worker. Resolves with how many requests it brought to acknowledgement; 0 is an error, which the
 * operation itself has counted.
 */
export type Operation = (worker: number) => Promise<number>;

/** A worker whose operation failed pauses, or a breaker's instant refusals would starve the event loop. */
const PAUSE_AFTER_ERROR_MS = 2;

/**
 * Keeps `inFlight` operations under way: each worker starts its next one when its last is answered.
 *
 * @throws Error when operations are still under way `drainMsMax` after the end
 */
export async function runClosedLoop(
  plan: Timing & { readonly inFlight: number },
  operation: Operation,
): Promise<Omit<Measurement, 'errors'>> {
  const latencies = new LatencyHistogram();
  const from = performance.now() + plan.warmUpMs;
  const until = from + plan.measureMs;
  let ops = 0;

  const work = async (worker: number): Promise<void> => {
    for (let started = performance.now(); started < until;) {
      const acknowledged = await operation(worker);
      const ended = performance.now();
      if (acknowledged > 0 && ended >= from && ended < until) {
        latencies.record((ended - started) * 1_000);
        ops += acknowledged;
      }
      if (acknowledged === 0) await pause(PAUSE_AFTER_ERROR_MS);
      started = performance.now();
    }
  };
  await within(
    plan.warmUpMs + plan.measureMs + plan.drainMsMax,
    Promise.all(Array.from({ length: plan.inFlight }, (_, worker) => work(worker))),
  );
  return summarize({ seconds: plan.measureMs / 1_000, ops, latencies, errors: 0 });
}

/** Rejects when the work has not ended after this many milliseconds; nothing in a benchmark waits without bound. */
export async function within<T>(ms: number, work: Promise<T>, what = 'a measurement'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overrun = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} did not end within ${Math.round(ms / 1_000)} s`));
    }, ms);
  });
  try {
    return await Promise.race([work, overrun]);
  } finally {
    clearTimeout(timer);
  }
}
