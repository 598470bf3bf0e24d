import type { Command } from 'commander';
import { positive, repeatable } from '../options';
import { STORE_KINDS, type StoreKind } from '../stage/store-kind';

export interface ColdOptions {
  readonly store?: readonly StoreKind[];
  readonly accounts: number;
  readonly seconds: number;
}

export function addColdOptions(command: Command): void {
  command
    .addOption(repeatable('--store <kind>', 'only this store (repeatable)', STORE_KINDS))
    .option('--accounts <n>', 'accounts that are made and charged', positive, 1_000_000)
    .option('--seconds <n>', 'seconds of one measurement', positive, 5);
}
