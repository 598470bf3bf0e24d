import type { Command } from 'commander';
import { STRATEGIES, type Strategy } from '../../../src/ledger/strategy';
import { listOfNumbers, positive, repeatable } from '../options';
import type { StoreKind } from '../stage/store-kind';

/** The embedded default, and one server each: what is compared is what a strategy makes of a database. */
export const STRATEGY_STORES = ['sqlite', 'mariadb-1', 'mysql-1'] as const satisfies readonly StoreKind[];
export type StrategyStore = (typeof STRATEGY_STORES)[number];

export const CONTENTIONS = ['hot', 'cold'] as const;

/** Everybody on one account, or spread over a thousand. */
export type Contention = (typeof CONTENTIONS)[number];

export interface StrategiesOptions {
  readonly store?: readonly StrategyStore[];
  readonly strategy?: readonly Strategy[];
  readonly contention?: readonly Contention[];
  readonly inFlight: readonly number[];
  readonly split: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly quick?: boolean;
  readonly docs?: string;
}

export function addStrategiesOptions(command: Command): void {
  command
    .addOption(repeatable('--store <kind>', 'only this store (repeatable)', STRATEGY_STORES))
    .addOption(repeatable('--strategy <name>', 'only this strategy (repeatable)', STRATEGIES))
    .addOption(repeatable('--contention <kind>', 'only this contention (repeatable)', CONTENTIONS))
    .option('--in-flight <numbers>', 'requests under way', listOfNumbers, [16, 64, 256])
    .option('--split <numbers>', 'sub-accounts of each account', listOfNumbers, [1, 16])
    .option('--rounds <n>', 'rounds, of which the median counts', positive, 1)
    .option(
      '--seconds <n>',
      'seconds of one measurement, after a third of a second of warm-up',
      positive,
      1.2,
    )
    .option('--quick', 'a smoke: half a second each, at 64 in flight')
    .option(
      '--docs <folder>',
      'write table, figures and plot for docs/strategies-figures.md into this folder',
    );
}
