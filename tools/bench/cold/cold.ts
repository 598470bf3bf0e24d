import { recordOf } from '../report/run-record';
import { figureTable, runTable } from '../report/tables';
import { RefusedRun } from '../refused-run';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { serversOf, type StoreKind } from '../stage/store-kind';
import type { MeasuredCase } from '../cases/case';
import { goalsOf, ratiosOf } from './cold-goals';
import { addColdOptions, type ColdOptions } from './cold-options';
import { measureCold } from './measure-cold';

const NAME = 'cold';
const STORES: readonly StoreKind[] = ['sqlite', 'mariadb-2'];

/** A million accounts, each of which is charged now and then: what does it cost that nobody knows them? */
export const cold: Scenario = {
  name: NAME,
  summary:
    'deductions drawn uniformly from a million accounts, with a cold and a warm cache, beside one row each',
  addOptions: addColdOptions,
  run: (options, surroundings) => run(options as unknown as ColdOptions, surroundings),
};

async function run(options: ColdOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const { print, servers } = surroundings;
  const stores = options.store ?? STORES.filter((kind) => serversOf(kind, servers) !== undefined);
  const missing = stores.filter((kind) => serversOf(kind, servers) === undefined);
  if (missing.length > 0)
    throw new RefusedRun(`no servers for ${missing.join(', ')}; see docs/benchmarks.md`);
  const measured: MeasuredCase[] = [];
  for (const store of stores) {
    const group = await measureCold(store, options, surroundings);
    const records = group.map((each) => recordOf(NAME, each));
    print(`\n${NAME}: ${store}, ${options.accounts.toLocaleString('en-US')} accounts`);
    print(runTable(records));
    print(figureTable(records));
    measured.push(...group);
  }
  return {
    runs: measured.map((each) => recordOf(NAME, each)),
    ratios: ratiosOf(measured),
    goals: goalsOf(measured),
  };
}
