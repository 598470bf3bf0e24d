import type { Command } from 'commander';
import type { Case, MeasuredCase } from '../cases/case';
import { inProcessCase, prepareMerged } from '../cases/in-process-case';
import { ratioBy, runInterleaved } from '../cases/run-interleaved';
import { type FarServers, openFarServers } from '../far/far-servers';
import { watchProcessors } from '../measure/processors';
import { timingOf } from '../measure/timing';
import { listOfNumbers, positive } from '../options';
import { RefusedRun } from '../refused-run';
import type { Goal } from '../report/goals';
import { recordOf, type RunRecord } from '../report/run-record';
import { figureTable, runTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { createMysqlSite } from '../stage/site';

const NAME = 'scale-out';

/** Throughput of one of several shards, over that of a shard alone. */
const PER_SHARD = 0.9;

interface ScaleOutOptions {
  readonly shards: readonly number[];
  readonly delay: number;
  readonly inFlight: number;
  readonly batch: number;
  readonly subAccounts: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly quick?: boolean;
}

const QUICK = { rounds: 1, seconds: 2 };

/** Do more shards give proportionally more, where the network and not the processor is the limit? */
export const scaleOut: Scenario = {
  name: NAME,
  summary: 'one hot account on 1, 2, 4 and 8 shards that are milliseconds away: throughput for each shard',
  addOptions,
  run: (options, surroundings) => run(options as unknown as ScaleOutOptions, surroundings),
};

function addOptions(command: Command): void {
  command
    .option('--shards <numbers>', 'numbers of shards', listOfNumbers, [1, 2, 4, 8])
    .option('--delay <ms>', 'milliseconds that the network adds each way', positive, 5)
    .option('--in-flight <n>', 'requests under way for each shard', positive, 128)
    .option(
      '--batch <n>',
      'commands in one transaction at most: fewer are cheaper for this machine',
      positive,
      32,
    )
    .option('--sub-accounts <n>', 'sub-accounts of the hot account', positive, 32)
    .option('--rounds <n>', 'rounds, of which the median counts', positive, 3)
    .option('--seconds <n>', 'seconds of one measurement, after a second of warm-up', positive, 4)
    .option('--quick', 'one round of two seconds');
}

async function run(options: ScaleOutOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const { servers, cleanups, print } = surroundings;
  const kind = servers.mariadb.length > 0 ? 'mariadb' : 'mysql';
  const near = servers[kind];
  if (near.length === 0)
    throw new RefusedRun(`${NAME} needs MariaDB or MySQL servers; see docs/benchmarks.md`);
  const far = await openFarServers(near, options.delay, cleanups);
  try {
    const trip = far.roundTripMs.toFixed(1);
    print(
      `\n${NAME}: ${near.length} servers, ${trip} ms there and back, batches of ${options.batch} at most`,
    );
    const measured = await runInterleaved(
      options.shards.map((shards) => caseOf({ store: `${kind}-far`, shards }, far, options, surroundings)),
      { rounds: (options.quick ? QUICK : options).rounds, report: print },
    );
    const runs = measured.map(scaledRecord);
    print(runTable(runs));
    print(figureTable(runs));
    const ratios = ratiosOf(measured);
    return { runs, ratios, goals: goalsOf(ratios) };
  } finally {
    await far.close();
  }
}

function caseOf(
  { store, shards }: { readonly store: string; readonly shards: number },
  far: FarServers,
  options: ScaleOutOptions,
  { cleanups }: Surroundings,
): Case {
  const inFlight = options.inFlight * shards;
  const urls = Array.from({ length: shards }, (_, n) => far.urls[n % far.urls.length] as string);
  return inProcessCase({
    name: shards === 1 ? '1 shard' : `${shards} shards`,
    store,
    shards,
    subAccounts: options.subAccounts,
    inFlight,
    timing: timingOf((options.quick ? QUICK : options).seconds),
    profile: false,
    createSite: () => createMysqlSite(store, urls, cleanups),
    prepare: async (ground) => {
      const load = await prepareMerged(ground, inFlight, { batchCommandsMax: options.batch });
      const busy = watchProcessors();
      return { ...load, figures: () => ({ 'machine busy %': 100 * busy() }) };
    },
  });
}

function scaledRecord(measured: MeasuredCase): RunRecord {
  const record = recordOf(NAME, measured);
  const { opsPerSecond, shards, figures } = record;
  return { ...record, figures: { 'ops/s a shard': opsPerSecond / shards, ...figures } };
}

function ratiosOf(measured: readonly MeasuredCase[]): Record<string, number> {
  const [one] = measured;
  if (!one || one.case.shards !== 1) return {};
  return Object.fromEntries(
    measured.slice(1).map((each) => {
      const ratio = ratioBy(each, one, (round) => round.opsPerSecond) / each.case.shards;
      return [`${NAME} ${each.case.name}, each / 1 shard`, ratio];
    }),
  );
}

function goalsOf(ratios: Readonly<Record<string, number>>): Goal[] {
  return Object.entries(ratios).map(([name, measured]) => ({ name, measured, atLeast: PER_SHARD }));
}
