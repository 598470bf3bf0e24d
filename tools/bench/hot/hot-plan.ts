import { RefusedRun } from '../refused-run';
import { serversOf, STORE_KINDS, type Servers, type StoreKind } from '../stage/store-kind';
import type { Door, HotOptions } from './hot-options';
import { DOORS } from './hot-options';

/** What is measured, once options, defaults and available servers have met. */
export interface HotPlan {
  readonly stores: readonly StoreKind[];
  readonly inFlight: readonly number[];
  /** Over HTTP and gRPC one by one. */
  readonly unaryInFlight: readonly number[];
  readonly doors: readonly Door[];
  readonly rounds: number;
  readonly seconds: number;
  readonly subAccounts: number;
  readonly yardsticks: boolean;
  readonly profile: boolean;
  readonly decompose: boolean;
  readonly docs: string | undefined;
  /** Stores that were left out for want of servers. */
  readonly leftOut: readonly StoreKind[];
}

const STORES = STORE_KINDS.filter((kind) => kind !== 'mysql-1');
const IN_FLIGHT = [64, 256, 512, 2_048];
const UNARY_IN_FLIGHT = [256];
const QUICK = {
  stores: ['sqlite', 'mariadb-2'] satisfies StoreKind[],
  inFlight: [512, 2_048],
  rounds: 1,
  seconds: 2,
};

/** @throws RefusedRun when a store was asked for by name whose servers are not there */
export function planHot(options: HotOptions, servers: Servers): HotPlan {
  const available = (kind: StoreKind): boolean => serversOf(kind, servers) !== undefined;
  const missing = options.store?.filter((kind) => !available(kind)) ?? [];
  if (missing.length > 0)
    throw new RefusedRun(`no servers for ${missing.join(', ')}; see docs/benchmarks.md`);
  const { quick = false } = options;
  const stores = options.store ?? (quick ? QUICK.stores : STORES);
  return {
    stores: stores.filter(available),
    inFlight: options.inFlight ?? (quick ? QUICK.inFlight : IN_FLIGHT),
    unaryInFlight: options.inFlight ?? UNARY_IN_FLIGHT,
    doors: options.door ?? DOORS,
    rounds: quick ? QUICK.rounds : options.rounds,
    seconds: quick ? QUICK.seconds : options.seconds,
    subAccounts: options.subAccounts,
    yardsticks: options.yardsticks,
    profile: (options.profile ?? false) || options.flame !== undefined,
    decompose: options.decompose ?? false,
    docs: options.docs,
    leftOut: stores.filter((kind) => !available(kind)),
  };
}
