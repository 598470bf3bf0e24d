import type { Command } from 'commander';
import { positive, repeatable } from '../options';
import { STORE_KINDS, type StoreKind } from '../stage/store-kind';

export const PARTS = ['drain', 'storm', 'rebalancing', 'balances'] as const;
export type Part = (typeof PARTS)[number];

export interface ExhaustionOptions {
  readonly store?: readonly StoreKind[];
  readonly part?: readonly Part[];
  readonly inFlight: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly subAccounts: number;
  readonly quick?: boolean;
}

export function addExhaustionOptions(command: Command): void {
  command
    .addOption(repeatable('--store <kind>', 'only this store (repeatable)', STORE_KINDS))
    .addOption(repeatable('--part <part>', 'only this part (repeatable)', PARTS))
    .option('--in-flight <n>', 'requests of the storm under way', positive, 512)
    .option('--rounds <n>', 'rounds, of which the median counts', positive, 3)
    .option('--seconds <n>', 'seconds of one measurement, after a second of warm-up', positive, 3)
    .option('--sub-accounts <n>', 'sub-accounts of an account', positive, 16)
    .option('--quick', 'one round of one second');
}
