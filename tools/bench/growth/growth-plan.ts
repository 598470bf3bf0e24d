import type { StoreKind } from '../stage/store-kind';
import type { GrowthOptions } from './growth-options';
import { ID_KINDS, type IdKind } from './request-ids';

/** What is measured, once options and defaults have met. */
export interface GrowthPlan {
  readonly stores: readonly StoreKind[];
  readonly ids: readonly IdKind[];
  /** Entries to begin the measurements of a size with, rising. */
  readonly sizes: readonly number[];
  readonly poolMib: number;
  readonly inFlight: number;
  readonly subAccounts: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly docs: string | undefined;
}

const MILLION = 1_000_000;
const QUICK = { sizes: [0, 0.06], poolMib: 8, rounds: 1, seconds: 1 };

export function planGrowth(options: GrowthOptions): GrowthPlan {
  const { sizes, poolMib, rounds, seconds } = options.quick ? QUICK : options;
  return {
    stores: options.store ?? ['mariadb-1'],
    ids: options.ids ?? ID_KINDS,
    sizes: sizes.map((millions) => Math.round(millions * MILLION)).sort((a, b) => a - b),
    poolMib,
    inFlight: options.inFlight,
    subAccounts: options.subAccounts,
    rounds,
    seconds,
    docs: options.docs,
  };
}
