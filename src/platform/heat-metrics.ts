import { Counter, Gauge, type Registry } from 'prom-client';
import type { AccountWork } from '../engine/heat/heat-report';
import type { HeatWatch } from '../engine/heat/heat-watch';

/** Accounts that have series: no more, whatever is used. */
const SHOWN_MAX = 20;

/** Of the accounts that an instance works for, those that it works for most; and how busy its lanes are. */
export class HeatMetrics {
  #watch: Pick<HeatWatch, 'own' | 'hot'> | undefined;
  readonly #decided: Counter;

  constructor(registry: Registry) {
    this.#decided = new Counter({
      name: 'hotsplit_auto_splits_total',
      help: 'Decisions of this instance to `split` an account that is hot and gains by it, or to `merge` one again that has cooled. Each is in the audit log, with its reason.',
      labelNames: ['kind'],
      registers: [registry],
    });
    const gauge = (name: string, help: string, of: (work: AccountWork) => number): void => {
      const top = (): readonly AccountWork[] => this.#watch?.own.accounts.slice(0, SHOWN_MAX) ?? [];
      new Gauge({
        name,
        help,
        labelNames: ['account'],
        registers: [registry],
        collect() {
          this.reset();
          for (const work of top()) this.set({ account: work.accountId }, of(work));
        },
      });
    };
    gauge(
      'hotsplit_account_commands_per_second',
      'Commands carried out in a second of the last few, of the 20 accounts that this instance works for most.',
      ({ perSecond }) => perSecond,
    );
    gauge(
      'hotsplit_account_refused_per_second',
      'Requests of these accounts that were refused for want of money, or of room in a queue.',
      ({ refusedPerSecond }) => refusedPerSecond,
    );
    gauge(
      'hotsplit_account_lanes_busy',
      'How many lanes of this instance these accounts kept busy: 1 is one lane, all the time.',
      ({ busy }) => busy,
    );
    const own = () => this.#watch?.own.shards ?? [];
    new Gauge({
      name: 'hotsplit_shard_lanes_busy',
      help: 'How many of this instance’s lanes to a shard were busy in the last seconds.',
      labelNames: ['shard'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { shard, busy } of own()) this.set({ shard }, busy);
      },
    });
    const hot = (): number => this.#watch?.hot ?? 0;
    new Gauge({
      name: 'hotsplit_hot_accounts',
      help: 'Accounts that are hot, as the instance sees it that decides so; 0 at the others.',
      aggregator: 'max',
      registers: [registry],
      collect() {
        this.set(hot());
      },
    });
  }

  readFrom(watch: Pick<HeatWatch, 'own' | 'hot'>): void {
    this.#watch = watch;
  }

  decided(kind: 'split' | 'merge'): void {
    this.#decided.inc({ kind });
  }
}
