import type { Command } from 'commander';
import { listOfNumbers, positive, repeatable } from '../options';
import { STORE_KINDS, type StoreKind } from '../stage/store-kind';

export const DOORS = ['process', 'http', 'batch'] as const;

/** Where requests come in: straight into the engine, over HTTP one by one, or over HTTP in batches. */
export type Door = (typeof DOORS)[number];

export interface HotOptions {
  readonly store?: readonly StoreKind[];
  readonly inFlight?: readonly number[];
  readonly door?: readonly Door[];
  readonly rounds: number;
  readonly seconds: number;
  readonly subAccounts: number;
  readonly quick?: boolean;
  readonly yardsticks: boolean;
  readonly profile?: boolean;
  readonly flame?: string;
  readonly decompose?: boolean;
  readonly soak?: number;
  readonly preload?: number;
}

export function addHotOptions(command: Command): void {
  command
    .addOption(repeatable('--store <kind>', 'only this store (repeatable)', STORE_KINDS))
    .addOption(repeatable('--door <door>', 'only this way in (repeatable)', DOORS))
    .option(
      '--in-flight <numbers>',
      'requests under way, such as 64,512; over HTTP: connections',
      listOfNumbers,
    )
    .option('--rounds <n>', 'rounds, of which the median counts', positive, 3)
    .option('--seconds <n>', 'seconds of one measurement, after a second of warm-up', positive, 4)
    .option('--sub-accounts <n>', 'sub-accounts of the hot account', positive, 32)
    .option('--quick', 'one round of two seconds at the figures that the goals are about')
    .option('--no-yardsticks', 'measure the product only')
    .option('--profile', 'also print where the process under test spends its time; slows it by some percent')
    .option('--flame <folder>', 'with --profile: write a flame graph of each case into this folder')
    .option('--decompose', 'also print where the time of one deduction goes, stage by stage (MySQL, MariaDB)')
    .option('--soak <minutes>', 'only HTTP at 256 connections, this long, with a line every 30 s', positive)
    .option('--preload <entries>', 'only: throughput with this many entries against that without', positive);
}
