import { pause } from '../../kernel/clock';
import { type Operation, within } from './closed-loop';
import { LatencyHistogram } from './latency-histogram';
import { type Measurement, summarize, type Timing } from './measurement';

export interface Pace {
  /** Operations under way at most. Whoever is still waiting when its next turn comes, misses it. */
  readonly inFlight: number;
  readonly perSecond: number;
}

/**
 * Starts operations at a fixed rate, as clients with something to do between two requests. Latencies count from the
 * moment an operation was due, so that a pause of the machine shows in all that it delayed. What was missed is not made
 * up for: the rate tells it.
 *
 * @throws Error when operations are still under way `drainMsMax` after the end
 */
export async function runPacedLoop(
  plan: Timing & Pace,
  operation: Operation,
): Promise<Omit<Measurement, 'errors'>> {
  const latencies = new LatencyHistogram();
  const start = performance.now();
  const from = start + plan.warmUpMs;
  const until = from + plan.measureMs;
  const periodMs = (1_000 * plan.inFlight) / plan.perSecond;
  let ops = 0;

  const work = async (worker: number): Promise<void> => {
    let due = start + (periodMs * worker) / plan.inFlight;
    while (due < until) {
      await sleepUntil(due);
      // A timer may fire a moment early.
      const since = Math.min(due, performance.now());
      const acknowledged = await operation(worker);
      const ended = performance.now();
      if (acknowledged > 0 && ended >= from && ended < until) {
        latencies.record((ended - since) * 1_000);
        ops += acknowledged;
      }
      due = Math.max(due + periodMs, ended);
    }
  };
  await within(
    plan.warmUpMs + plan.measureMs + plan.drainMsMax,
    Promise.all(Array.from({ length: plan.inFlight }, (_, worker) => work(worker))),
  );
  return summarize({ seconds: plan.measureMs / 1_000, ops, latencies, errors: 0 });
}

async function sleepUntil(due: number): Promise<void> {
  const ms = due - performance.now();
  if (ms > 0) await pause(ms);
}
