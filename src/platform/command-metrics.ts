import { Counter, type Metric, type Registry } from 'prom-client';

const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NAME = 'hotsplit_command_seconds';
const HELP = 'Time from a command’s arrival to its durable outcome.';

interface Times {
  /** How many fell under each bound and above the one before it; the last place is for those above all. */
  readonly counts: number[];
  sumSeconds: number;
  readonly outcomes: Map<string, { count: number; told: number }>;
}

/**
 * Commands by what they came to and how long they took. This is done for every deduction, where prom-client's own
 * histogram and counter, which hash their labels each time, were 5 % of a deduction in a batch: so here it is counted in
 * plain numbers, and made into metrics when somebody looks.
 */
export class CommandMetrics {
  readonly #kinds = new Map<string, Times>();

  constructor(registry: Registry) {
    const seconds = {
      name: NAME,
      help: HELP,
      labelNames: ['kind'],
      get: () => ({
        name: NAME,
        help: HELP,
        type: 'histogram',
        aggregator: 'sum',
        values: this.#values(),
      }),
    };
    registry.registerMetric(seconds as unknown as Metric);
    const tell = (counter: Counter<'kind' | 'outcome'>): void => {
      this.#tellCounts(counter);
    };
    new Counter({
      name: 'hotsplit_commands_total',
      help: 'Deductions, credits, holds, confirms, cancels, reversals and what is received to be charged later (`kind`) by what they came to: `applied`, `replayed`, `insufficientFunds`, `overloaded`, …',
      labelNames: ['kind', 'outcome'],
      registers: [registry],
      collect() {
        tell(this);
      },
    });
  }

  done(kind: string, outcome: string, seconds: number): void {
    let times = this.#kinds.get(kind);
    if (!times) {
      times = { counts: [...BOUNDS_SECONDS.map(() => 0), 0], sumSeconds: 0, outcomes: new Map() };
      this.#kinds.set(kind, times);
    }
    let place = 0;
    while (seconds > (BOUNDS_SECONDS[place] ?? Infinity)) place += 1;
    times.counts[place] = (times.counts[place] ?? 0) + 1;
    times.sumSeconds += seconds;
    const counted = times.outcomes.get(outcome);
    if (counted) counted.count += 1;
    else times.outcomes.set(outcome, { count: 1, told: 0 });
  }

  #values(): object[] {
    return [...this.#kinds].flatMap(([kind, { counts, sumSeconds }]) => {
      let below = 0;
      const buckets = counts.map((count, place) => ({
        metricName: `${NAME}_bucket`,
        labels: { le: BOUNDS_SECONDS[place] ?? '+Inf', kind },
        value: (below += count),
      }));
      const labels = { kind };
      return [
        ...buckets,
        { metricName: `${NAME}_sum`, labels, value: sumSeconds },
        { metricName: `${NAME}_count`, labels, value: below },
      ];
    });
  }

  #tellCounts(counter: Counter<'kind' | 'outcome'>): void {
    for (const [kind, { outcomes }] of this.#kinds) {
      for (const [outcome, counted] of outcomes) {
        counter.inc({ kind, outcome }, counted.count - counted.told);
        counted.told = counted.count;
      }
    }
  }
}
