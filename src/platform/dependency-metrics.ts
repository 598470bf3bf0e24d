import { Gauge, type Registry } from 'prom-client';
import type { PoolFigures } from '../shards/open-pools';
import { FoldedHistogram, type HistogramSeries, SECONDS_BOUNDS } from './folded-histogram';
import { PRODUCT_VERSION } from './version';

/** What this instance is, and the state of what it stands on: the directory, Redis, sessions of databases. */
export class DependencyMetrics {
  readonly #directoryUp: Gauge;
  readonly #directorySeconds: HistogramSeries;
  readonly #redis = new Map<string, () => boolean>();
  #pools: () => readonly PoolFigures[] = () => [];

  constructor(registry: Registry) {
    new Gauge({
      name: 'hotsplit_build_info',
      help: 'Always 1: the version that serves, and of Node.',
      labelNames: ['version', 'node'],
      // Several workers: of one build.
      aggregator: 'max',
      registers: [registry],
    }).set({ version: PRODUCT_VERSION, node: process.version }, 1);
    this.#directoryUp = new Gauge({
      name: 'hotsplit_directory_up',
      help: '1 while the directory’s database answers, by the last statement that it was asked.',
      aggregator: 'min',
      registers: [registry],
    });
    this.#directorySeconds = new FoldedHistogram(registry, {
      name: 'hotsplit_directory_seconds',
      help: 'Time of one statement on the directory’s database, waiting for a session included.',
      labelNames: [],
      bounds: SECONDS_BOUNDS,
    }).series({});
    this.#redisGauge(registry);
    this.#poolGauges(registry);
  }

  directoryAsked({ seconds, isUp }: { readonly seconds: number; readonly isUp: boolean }): void {
    this.#directoryUp.set(isUp ? 1 : 0);
    this.#directorySeconds.observe(seconds);
  }

  /** @param use what Redis is used for, each over connections of its own */
  readRedisFrom(use: string, isUp: () => boolean): void {
    this.#redis.set(use, isUp);
  }

  readPoolsFrom(pools: () => readonly PoolFigures[]): void {
    this.#pools = pools;
  }

  #redisGauge(registry: Registry): void {
    const redis = this.#redis;
    new Gauge({
      name: 'hotsplit_redis_up',
      help: '1 while Redis answers, by what it is used for. Absent without HOTSPLIT_REDIS_URL.',
      labelNames: ['use'],
      aggregator: 'min',
      registers: [registry],
      collect() {
        for (const [use, isUp] of redis) this.set({ use }, isUp() ? 1 : 0);
      },
    });
  }

  #poolGauges(registry: Registry): void {
    const gauge = (name: string, help: string, valueOf: (pool: PoolFigures) => number): void => {
      const pools = (): readonly PoolFigures[] => this.#pools();
      new Gauge({
        name,
        help,
        labelNames: ['database', 'use'],
        registers: [registry],
        collect() {
          this.reset();
          for (const pool of pools()) this.set({ database: pool.database, use: pool.use }, valueOf(pool));
        },
      });
    };
    const which =
      'by what they are for: the lanes’ `batches`, `deductions` of strategies, single `statements`. MySQL only: a SQLite file has one writer.';
    gauge('hotsplit_pool_in_use', `Sessions of a database that are in use, ${which}`, ({ inUse }) => inUse);
    gauge('hotsplit_pool_idle', 'Sessions that are open and wait for use.', ({ idle }) => idle);
    gauge('hotsplit_pool_max', 'How many sessions a pool may open.', ({ max }) => max);
    gauge('hotsplit_pool_waiting', 'Callers that wait for a session of a pool.', ({ waiting }) => waiting);
  }
}
