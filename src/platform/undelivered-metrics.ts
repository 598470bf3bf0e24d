import { Gauge, type Registry } from 'prom-client';
import type { Undelivered } from '../engine/observer';
import type { StructuredLog } from './structured-log';

const LOGGED_EVERY_MS = 60_000;

const LINES = {
  within: {
    waiting: 'transfers cannot be delivered and will be tried again',
    over: 'transfers that could not be delivered have arrived',
  },
  payments: {
    waiting: 'payments to other accounts wait and will be tried again',
    over: 'payments that waited have arrived or come back',
  },
} as const;

interface Since {
  readonly of: Undelivered['of'];
  readonly from: string;
  readonly to: string;
  /** Infinite where nothing waits any more. */
  readonly at: number;
}

/** Money that is under way between two shards for longer than it should be. */
export class UndeliveredMetrics {
  readonly #count: Gauge<'of' | 'from' | 'to'>;
  readonly #loggedAt = new Map<string, number>();
  readonly #since = new Map<string, Since>();

  constructor(
    registry: Registry,
    private readonly log: StructuredLog,
  ) {
    this.#count = new Gauge({
      name: 'hotsplit_transfers_undelivered',
      help: 'Transfers that are due and could not be delivered at the last look, by the shards they are between: `within` an account, or `payments` from one account to another; counted to 10,000 while the destination is down, payments to 200. Logged once a minute, with examples.',
      labelNames: ['of', 'from', 'to'],
      // Several workers: one of them works on a backlog at a time, and each may have its own look.
      aggregator: 'max',
      registers: [registry],
    });
    const since = this.#since;
    new Gauge({
      name: 'hotsplit_transfers_undelivered_seconds',
      help: 'For how long there have been such transfers without a break, as this instance saw it; 0 where there are none.',
      labelNames: ['of', 'from', 'to'],
      aggregator: 'max',
      registers: [registry],
      collect() {
        this.reset();
        for (const { of, from, to, at } of since.values())
          this.set({ of, from, to }, at === Infinity ? 0 : (performance.now() - at) / 1_000);
      },
    });
  }

  /** One line a pair of shards and minute while there are any, and one when there are none any more. */
  found({ of, fromShard: from, toShard: to, count, isCutOff, examples }: Undelivered): void {
    const pair = `${of} ${from} ${to}`;
    this.#count.set({ of, from, to }, count);
    const at = performance.now();
    const began = this.#since.get(pair)?.at ?? Infinity;
    this.#since.set(pair, { of, from, to, at: count === 0 ? Infinity : Math.min(began, at) });
    if (count === 0) {
      if (this.#loggedAt.delete(pair)) this.log.info(LINES[of].over, { fromShard: from, toShard: to });
      return;
    }
    if (at - (this.#loggedAt.get(pair) ?? -Infinity) < LOGGED_EVERY_MS) return;
    this.#loggedAt.set(pair, at);
    this.log.warn(LINES[of].waiting, {
      fromShard: from,
      toShard: to,
      transfers: isCutOff ? `${count} or more` : count,
      ...(examples.length > 0 && { examples }),
    });
  }
}
