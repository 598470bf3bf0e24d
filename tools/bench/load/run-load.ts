import { within } from '../measure/closed-loop';
import { LatencyHistogram } from '../measure/latency-histogram';
import { summarize } from '../measure/measurement';
import { amountOf } from '../measure/requests';
import { Tally } from '../measure/tally';
import { LoadConnection, type LoadSink } from './load-connection';
import type { LoadPlan, LoadResult } from './load-plan';

/** Sends deductions over HTTP as planned, and counts what comes back. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const counts = new LoadCounts(plan);
  const connections = Array.from({ length: plan.connections }, () => new LoadConnection(plan, counts));
  await Promise.all(connections.map((connection) => connection.connect()));
  counts.start();
  for (const connection of connections) connection.send();
  const { warmUpMs, measureMs, drainMsMax } = plan.timing;
  await within(warmUpMs + measureMs + drainMsMax, counts.allFinished);
  return counts.result();
}

class LoadCounts implements LoadSink {
  readonly allFinished: Promise<void>;
  readonly #latencies = new LatencyHistogram();
  readonly #tally = new Tally();
  readonly #failures = new Map<string, number>();
  #finishAll!: () => void;
  #connectionsLeft: number;
  #sequence: number;
  #from = 0;
  #until = 0;
  #ops = 0;

  constructor(private readonly plan: LoadPlan) {
    this.#sequence = plan.firstSequence;
    this.#connectionsLeft = plan.connections;
    this.allFinished = new Promise((resolve) => (this.#finishAll = resolve));
  }

  start(): void {
    this.#from = performance.now() + this.plan.timing.warmUpMs;
    this.#until = this.#from + this.plan.timing.measureMs;
  }

  nextSequence(items: number): number | undefined {
    if (performance.now() >= this.#until) return undefined;
    const first = this.#sequence;
    this.#sequence += items;
    return first;
  }

  answered(answer: Parameters<LoadSink['answered']>[0]): boolean {
    const { firstSequence, startedAt, status, body } = answer;
    const done = body === undefined ? this.#countOne(firstSequence, status) : this.#countBatch(answer);
    const ended = performance.now();
    if (done > 0 && ended >= this.#from && ended < this.#until) {
      this.#latencies.record((ended - startedAt) * 1_000);
      this.#ops += done;
    }
    return done === this.plan.items;
  }

  lost(firstSequence: number): void {
    this.#fail('lost', firstSequence, true);
  }

  finished(): void {
    this.#connectionsLeft -= 1;
    if (this.#connectionsLeft === 0) this.#finishAll();
  }

  result(): LoadResult {
    return {
      ...summarize({
        seconds: this.plan.timing.measureMs / 1_000,
        ops: this.#ops,
        latencies: this.#latencies,
        errors: this.#tally.errors,
      }),
      sequencesUsed: this.#sequence - this.plan.firstSequence,
      acknowledged: this.#tally.total,
      failures: Object.fromEntries(this.#failures),
    };
  }

  #countOne(sequence: number, status: number): number {
    if (status === 201) {
      this.#tally.acknowledged(amountOf(sequence));
      return 1;
    }
    this.#fail(String(status), sequence, status >= 500);
    return 0;
  }

  #countBatch({ firstSequence, status, body = '' }: Parameters<LoadSink['answered']>[0]): number {
    if (status !== 200) {
      this.#fail(String(status), firstSequence, status >= 500);
      return 0;
    }
    const { results } = JSON.parse(body) as { results: { status: string; error?: { status: number } }[] };
    let done = 0;
    results.forEach((result, position) => {
      const sequence = firstSequence + position;
      if (result.status === 'succeeded') {
        this.#tally.acknowledged(amountOf(sequence));
        done += 1;
      } else {
        this.#failOne(
          String(result.error?.status ?? result.status),
          sequence,
          (result.error?.status ?? 0) >= 500,
        );
      }
    });
    return done;
  }

  /** Every item of a request failed alike. */
  #fail(reason: string, firstSequence: number, unknown: boolean): void {
    for (let item = 0; item < this.plan.items; item += 1)
      this.#failOne(reason, firstSequence + item, unknown);
  }

  #failOne(reason: string, sequence: number, unknown: boolean): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    if (unknown) this.#tally.unknown(amountOf(sequence));
    else this.#tally.refused();
  }
}
