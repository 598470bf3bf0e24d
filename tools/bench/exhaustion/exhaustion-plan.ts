import { RefusedRun } from '../refused-run';
import { serversOf, type Servers, shardCountOf, type StoreKind } from '../stage/store-kind';
import { type ExhaustionOptions, type Part, PARTS } from './exhaustion-options';

/** What is measured, once options, defaults and available servers have met. */
export interface ExhaustionPlan {
  readonly stores: readonly StoreKind[];
  readonly parts: readonly Part[];
  readonly rounds: number;
  readonly seconds: number;
  readonly subAccounts: number;
  readonly stormInFlight: number;
  /** Of the drain's requests, every n-th is large. The fewer are, the longer it takes. */
  readonly drainLargeEvery: number;
  /** Stores that were left out for want of servers. */
  readonly leftOut: readonly StoreKind[];
}

const STORES: readonly StoreKind[] = ['sqlite', 'mariadb-1', 'mariadb-2'];
const DRAIN_LARGE_EVERY = 500;
const QUICK = { rounds: 1, seconds: 1, drainLargeEvery: 50 };

/** @throws RefusedRun when a store was asked for by name whose servers are not there */
export function planExhaustion(options: ExhaustionOptions, servers: Servers): ExhaustionPlan {
  const available = (kind: StoreKind): boolean => serversOf(kind, servers) !== undefined;
  const missing = options.store?.filter((kind) => !available(kind)) ?? [];
  if (missing.length > 0)
    throw new RefusedRun(`no servers for ${missing.join(', ')}; see docs/benchmarks.md`);
  const { quick = false } = options;
  const stores = options.store ?? STORES;
  return {
    stores: stores.filter(available),
    parts: options.part ?? PARTS,
    rounds: quick ? QUICK.rounds : options.rounds,
    seconds: quick ? QUICK.seconds : options.seconds,
    subAccounts: options.subAccounts,
    stormInFlight: options.inFlight,
    drainLargeEvery: quick ? QUICK.drainLargeEvery : DRAIN_LARGE_EVERY,
    leftOut: stores.filter((kind) => !available(kind)),
  };
}

/** Whether a part says something about a store. */
export function concerns(part: Part, store: StoreKind): boolean {
  switch (part) {
    case 'rebalancing':
      return shardCountOf(store) > 1;
    case 'balances':
      // Its goal is about the embedded default.
      return store === 'sqlite';
    default:
      return true;
  }
}
