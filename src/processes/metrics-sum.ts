import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from 'prom-client';

/** The metrics of one process. */
export type MetricValues = readonly MetricObjectWithValues<MetricValue<string>>[];

/**
 * The metrics of several processes as if they were one, each summed (or averaged, or the extreme taken) as it says of
 * itself.
 *
 * What a process has counted stays in the sum when the process has ended or does not answer in time, as far as it was
 * last heard of: a counter that fell would be read as one that began anew, and everything in it as having happened just
 * now. Gauges tell of processes that answer, and of no others.
 */
export class MetricsSum {
  readonly #last = new Map<number, MetricValues>();
  #ended: MetricValues = [];

  /** @param answers the metrics of each process that has answered just now, by its number */
  async text(answers: ReadonlyMap<number, MetricValues>): Promise<string> {
    for (const [id, metrics] of answers) this.#last.set(id, metrics);
    const silent = [...this.#last].filter(([id]) => !answers.has(id)).map(([, metrics]) => counted(metrics));
    return together([...answers.values(), ...silent, this.#ended]).metrics();
  }

  /** A process has ended: what it had counted is kept, and added up, so that many that end need no more room than one. */
  async end(id: number): Promise<void> {
    const last = this.#last.get(id);
    if (!last) return;
    this.#last.delete(id);
    const before = this.#ended;
    this.#ended = counted(last);
    if (before.length > 0) this.#ended = await together([before, this.#ended]).getMetricsAsJSON();
  }
}

function counted(metrics: MetricValues): MetricValues {
  return metrics.filter(({ type }) => {
    const name = type as unknown as string;
    return name === 'counter' || name === 'histogram';
  });
}

function together(each: readonly MetricValues[]): Registry {
  return AggregatorRegistry.aggregate(each as object[]);
}
