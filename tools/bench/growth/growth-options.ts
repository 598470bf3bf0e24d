import type { Command } from 'commander';
import { listOfSizes, positive, repeatable } from '../options';
import { STORE_KINDS, type StoreKind } from '../stage/store-kind';
import { ID_KINDS, type IdKind } from './request-ids';

export interface GrowthOptions {
  readonly store?: readonly StoreKind[];
  readonly ids?: readonly IdKind[];
  readonly sizes: readonly number[];
  readonly poolMib: number;
  readonly inFlight: number;
  readonly subAccounts: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly quick?: boolean;
  readonly docs?: string;
}

export function addGrowthOptions(command: Command): void {
  command
    .addOption(repeatable('--store <kind>', 'instead of mariadb-1 (repeatable)', STORE_KINDS))
    .addOption(repeatable('--ids <kind>', 'only request ids of this kind (repeatable)', ID_KINDS))
    .option('--sizes <millions>', 'entries, in millions, rising', listOfSizes, [0, 1, 5, 20])
    .option('--pool-mib <n>', "buffer pool of each of the scenario's own servers", positive, 128)
    .option('--in-flight <n>', 'requests under way', positive, 512)
    .option('--sub-accounts <n>', 'sub-accounts of the hot account', positive, 32)
    .option('--rounds <n>', 'rounds at each size, of which the median counts', positive, 3)
    .option('--seconds <n>', 'seconds of one measurement, after a second of warm-up', positive, 5)
    .option('--quick', 'a smoke: some ten thousand entries, one round of a second')
    .option('--docs <folder>', 'write tables, figures and plot for docs/benchmarks.md into this folder');
}
