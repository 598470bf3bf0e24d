import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ScreeningObserver } from '../engine/observer';
import type { StructuredLog } from './structured-log';

/** Failures of one code are said in the log no more often than this. */
const LOGGED_EVERY_MS = 60_000;

/** What `/metrics` and the log show of screening. */
export class ScreeningMetrics implements ScreeningObserver {
  readonly #verdicts: Counter<'verdict' | 'by'>;
  readonly #failures: Counter<'failure'>;
  readonly #calls: Histogram<'result'>;
  readonly #isAsked: Gauge;
  readonly #loggedAt = new Map<string, number>();

  constructor(
    registry: Registry,
    private readonly log: StructuredLog,
  ) {
    this.#verdicts = new Counter({
      name: 'hotsplit_screening_verdicts_total',
      help: 'Verdicts on charges that nobody waits for: `pass`, `reject` or `wait` (asked about again later), by the `service`, by the built-in `velocity` rule, or by the `policy` for when the service failed.',
      labelNames: ['verdict', 'by'],
      registers: [registry],
    });
    this.#failures = new Counter({
      name: 'hotsplit_screening_failures_total',
      help: 'Charges of which the screening service said nothing usable, by what went wrong (docs/screening.md). The log has one line a minute and kind.',
      labelNames: ['failure'],
      registers: [registry],
    });
    this.#calls = new Histogram({
      name: 'hotsplit_screening_call_seconds',
      help: 'Time of one call to the screening service, by what it came to: `answered`, or why it failed.',
      labelNames: ['result'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
    this.#isAsked = new Gauge({
      name: 'hotsplit_screening_up',
      help: '0 while the screening service is left alone because it failed too often, 1 otherwise.',
      // Several workers: each finds out for itself.
      aggregator: 'min',
      registers: [registry],
    });
    this.#isAsked.set(1);
  }

  screened({ verdict, by }: Parameters<ScreeningObserver['screened']>[0]): void {
    this.#verdicts.inc({ verdict, by });
  }

  screeningFailed({ code, message, cause }: Parameters<ScreeningObserver['screeningFailed']>[0]): void {
    this.#failures.inc({ failure: code });
    const at = performance.now();
    if (at - (this.#loggedAt.get(code) ?? -Infinity) < LOGGED_EVERY_MS) return;
    this.#loggedAt.set(code, at);
    this.log.warn('the screening service failed; charges go by HOTSPLIT_SCREENING_ON_FAILURE', {
      failure: code,
      detail: message,
      ...(cause === undefined ? {} : { error: cause }),
    });
  }

  screeningCall({ result, seconds }: Parameters<ScreeningObserver['screeningCall']>[0]): void {
    this.#calls.observe({ result }, seconds);
  }

  screeningState(isAsked: boolean): void {
    this.#isAsked.set(isAsked ? 1 : 0);
    if (isAsked) this.log.info('the screening service answers again');
    else this.log.warn('the screening service failed too often and is left alone for a while');
  }
}
