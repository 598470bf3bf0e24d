import { STRATEGIES, type Strategy } from '../../../src/ledger/strategy';
import { RefusedRun } from '../refused-run';
import { serversOf, type Servers } from '../stage/store-kind';
import {
  type Contention,
  CONTENTIONS,
  type StrategiesOptions,
  STRATEGY_STORES,
  type StrategyStore,
} from './strategies-options';

/** What is measured, once options, defaults and available servers have met. */
export interface StrategiesPlan {
  readonly stores: readonly StrategyStore[];
  readonly strategies: readonly Strategy[];
  readonly contentions: readonly Contention[];
  readonly inFlight: readonly number[];
  readonly splits: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpMs: number;
  readonly docs: string | undefined;
  /** Stores that were left out for want of servers. */
  readonly leftOut: readonly StrategyStore[];
}

const WARM_UP_MS = 300;
const QUICK = { inFlight: [64], seconds: 0.5, warmUpMs: 100 };

/** @throws RefusedRun when a store was asked for by name whose servers are not there */
export function planStrategies(options: StrategiesOptions, servers: Servers): StrategiesPlan {
  const available = (kind: StrategyStore): boolean => serversOf(kind, servers) !== undefined;
  const missing = options.store?.filter((kind) => !available(kind)) ?? [];
  if (missing.length > 0)
    throw new RefusedRun(`no servers for ${missing.join(', ')}; see docs/benchmarks.md`);
  const stores = options.store ?? STRATEGY_STORES;
  const { quick = false } = options;
  return {
    stores: stores.filter(available),
    strategies: options.strategy ?? STRATEGIES,
    contentions: options.contention ?? CONTENTIONS,
    inFlight: quick ? QUICK.inFlight : options.inFlight,
    splits: options.split,
    rounds: quick ? 1 : options.rounds,
    seconds: quick ? QUICK.seconds : options.seconds,
    warmUpMs: quick ? QUICK.warmUpMs : WARM_UP_MS,
    docs: options.docs,
    leftOut: stores.filter((kind) => !available(kind)),
  };
}
