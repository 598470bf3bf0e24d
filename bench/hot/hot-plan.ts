import { RefusedRun } from '../refused-run';
import { serversOf, STORE_KINDS, type Servers, type StoreKind } from '../stage/store-kind';
import type { Door, HotOptions } from './hot-options';
import { DOORS } from './hot-options';

/** What is measured, once options, defaults and available servers have met. */
export interface HotPlan {
  readonly processStores: readonly StoreKind[];
  readonly httpStores: readonly StoreKind[];
  readonly inFlight: readonly number[];
  readonly connections: readonly number[];
  readonly doors: readonly Door[];
  readonly rounds: number;
  readonly seconds: number;
  readonly subAccounts: number;
  readonly yardsticks: boolean;
  readonly profile: boolean;
  readonly decompose: boolean;
  /** Stores that were left out for want of servers. */
  readonly leftOut: readonly StoreKind[];
}

const IN_FLIGHT = [64, 256, 512, 2_048];
const CONNECTIONS = [64, 256];
const QUICK = { inFlight: [512], connections: [256], rounds: 1, seconds: 2 };

/** Over HTTP the service's own work decides, so the embedded store and the production shape are enough. */
const HTTP_STORES: readonly StoreKind[] = ['sqlite', 'mariadb-2'];

/** @throws RefusedRun when a store was asked for by name whose servers are not there */
export function planHot(options: HotOptions, servers: Servers): HotPlan {
  const available = (kind: StoreKind): boolean => serversOf(kind, servers) !== undefined;
  const missing = options.store?.filter((kind) => !available(kind)) ?? [];
  if (missing.length > 0)
    throw new RefusedRun(`no servers for ${missing.join(', ')}; see docs/benchmarks.md`);
  const { quick = false } = options;
  const stores = options.store ?? (quick ? HTTP_STORES : STORE_KINDS);
  return {
    processStores: stores.filter(available),
    httpStores: (options.store ?? HTTP_STORES).filter(available),
    inFlight: options.inFlight ?? (quick ? QUICK.inFlight : IN_FLIGHT),
    connections: options.inFlight ?? (quick ? QUICK.connections : CONNECTIONS),
    doors: options.door ?? DOORS,
    rounds: quick ? QUICK.rounds : options.rounds,
    seconds: quick ? QUICK.seconds : options.seconds,
    subAccounts: options.subAccounts,
    yardsticks: options.yardsticks,
    profile: (options.profile ?? false) || options.flame !== undefined,
    decompose: options.decompose ?? false,
    leftOut: stores.filter((kind) => !available(kind)),
  };
}
