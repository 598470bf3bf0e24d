import { Counter, type Registry } from 'prom-client';
import { FoldedHistogram, type HistogramSeries, SECONDS_BOUNDS } from './folded-histogram';

interface Kind {
  readonly seconds: HistogramSeries;
  readonly outcomes: Map<string, { count: number; told: number }>;
}

/** Commands by what they came to and how long they took; see `FoldedHistogram` for why not by prom-client's own. */
export class CommandMetrics {
  readonly #kinds = new Map<string, Kind>();
  readonly #seconds: FoldedHistogram;

  constructor(registry: Registry) {
    this.#seconds = new FoldedHistogram(registry, {
      name: 'hotsplit_command_seconds',
      help: 'Time from a command’s arrival to its durable outcome.',
      labelNames: ['kind'],
      bounds: SECONDS_BOUNDS,
    });
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
    let known = this.#kinds.get(kind);
    if (!known) {
      known = { seconds: this.#seconds.series({ kind }), outcomes: new Map() };
      this.#kinds.set(kind, known);
    }
    known.seconds.observe(seconds);
    const counted = known.outcomes.get(outcome);
    if (counted) counted.count += 1;
    else known.outcomes.set(outcome, { count: 1, told: 0 });
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
