import type { SeedReport } from '../seed-report';
import { Coverage } from '../world/coverage';
import { REQUIRED_MARKS } from './required-marks';

/** What many seeds came to, together. */
export class Totals {
  readonly #coverage = new Coverage();
  readonly #checksums: string[] = [];
  readonly violations: SeedReport[] = [];
  seeds = 0;
  calls = 0;
  entries = 0;
  events = 0;
  simulatedMs = 0;

  add(report: SeedReport): void {
    this.seeds += 1;
    this.calls += report.calls;
    this.entries += report.entries;
    this.events += report.events;
    this.simulatedMs += report.simulatedMs;
    this.#coverage.add(report.coverage);
    this.#checksums.push(`${report.seed} ${report.checksum}`);
    if (report.violation) this.violations.push(report);
  }

  get coverage(): Readonly<Record<string, number>> {
    return this.#coverage.counts;
  }

  /** One line a seed, in the order of the seeds. */
  get checksums(): string[] {
    return [...this.#checksums].sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
  }

  get missingMarks(): string[] {
    return REQUIRED_MARKS.filter((mark) => !(mark in this.coverage));
  }
}
