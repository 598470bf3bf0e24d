import type { Command } from 'commander';
import { listOfNumbers, positive, repeatable } from '../options';
import { STORE_KINDS, type StoreKind } from '../stage/store-kind';

export const DOORS = ['process', 'http', 'batch', 'grpc', 'grpc-batch', 'grpc-stream', 'client'] as const;

/**
 * Where requests come in: straight into the engine, over HTTP one by one or in batches, over gRPC one by one, in batches
 * or on streams, or through the TypeScript client.
 */
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
  readonly slowReader?: number;
  readonly docs?: string;
}

export function addHotOptions(command: Command): void {
  command
    .addOption(repeatable('--store <kind>', 'only this store (repeatable)', STORE_KINDS))
    .addOption(repeatable('--door <door>', 'only this way in (repeatable)', DOORS))
    .option(
      '--in-flight <numbers>',
      'requests under way, such as 64,512; over HTTP and gRPC one by one: 256 unless told',
      listOfNumbers,
    )
    .option('--rounds <n>', 'rounds, of which the median counts', positive, 3)
    .option('--seconds <n>', 'seconds of one measurement, after a second of warm-up', positive, 3)
    .option('--sub-accounts <n>', 'sub-accounts of the hot account', positive, 32)
    .option('--quick', 'one round of two seconds at the figures that the goals are about')
    .option('--no-yardsticks', 'measure the product only')
    .option('--profile', 'also print where the process under test spends its time; slows it by some percent')
    .option('--flame <folder>', 'with --profile: write a flame graph of each case into this folder')
    .option('--decompose', 'also print where the time of one deduction goes, stage by stage (MySQL, MariaDB)')
    .option('--soak <minutes>', 'only HTTP at 256 connections, this long, with a line every 30 s', positive)
    .option(
      '--slow-reader <minutes>',
      'only HTTP beside a gRPC stream whose answers are read ever so slowly, this long, and without it',
      positive,
    )
    .option('--docs <folder>', 'write tables, figures and plot for docs/benchmarks.md into this folder');
}
