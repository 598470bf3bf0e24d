/** The services of the benchmark's own beside the product's; each has a method Deduct. */
export const YARDSTICK_SERVICES = {
  /** Deduct for a load that sends one message over and over: every request is given an id that is new. */
  fresh: 'hotsplit.bench.Fresh',
  /** Answers at once what Deduct would. */
  noop: 'hotsplit.bench.Noop',
} as const;

export type Yardstick = keyof typeof YARDSTICK_SERVICES;

/** What became of the calls to one of these methods so far. */
export interface YardstickCounts {
  readonly begun: number;
  readonly acknowledged: number;
  /** The others that have ended, by code. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Counts at the service what a load that sees only HTTP cannot tell apart. */
export class YardstickCounter {
  #begun = 0;
  #acknowledged = 0;
  readonly #failures = new Map<string, number>();

  begin(): void {
    this.#begun += 1;
  }

  acknowledge(): void {
    this.#acknowledged += 1;
  }

  fail(code: string): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  get counts(): YardstickCounts {
    const failures = Object.fromEntries(this.#failures);
    return { begun: this.#begun, acknowledged: this.#acknowledged, failures };
  }
}

/** @returns how many have begun and not ended */
export function underWay({ begun, acknowledged, failures }: YardstickCounts): number {
  return begun - acknowledged - Object.values(failures).reduce((sum, count) => sum + count, 0);
}

export function countsBetween(before: YardstickCounts, after: YardstickCounts): YardstickCounts {
  const failures = Object.entries(after.failures)
    .map(([code, count]) => [code, count - (before.failures[code] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return {
    begun: after.begun - before.begun,
    acknowledged: after.acknowledged - before.acknowledged,
    failures: Object.fromEntries(failures),
  };
}
