import { describeCommit, describeMachine } from '../report/machine';
import { recordOf, type RunRecord } from '../report/run-record';
import { figureTable, runTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { type PrivateServers, startPrivateServers } from '../stage/private-servers';
import { serverCountOf, type StoreKind } from '../stage/store-kind';
import { goalsOf, ratiosOf } from './growth-goals';
import { addGrowthOptions, type GrowthOptions } from './growth-options';
import { type GrowthPlan, planGrowth } from './growth-plan';
import { type GrowthStage, measureGrowth } from './measure-growth';
import { writeGrowth } from './write-growth';

const NAME = 'growth';

/** Sorting the keys of 20 million entries in pieces of 1 MiB would take longer than loading them. */
const SERVER_OPTIONS = ['--innodb-sort-buffer-size=64M'];

const NO_SERVERS = { mariadb: [], mysql: [] };

/** An account with a long past: does it deduct as fast as a new one, when its table is larger than the memory for it? */
export const growth: Scenario = {
  name: NAME,
  summary:
    'one hot account with 0 to 20 million entries, under ordered and random ids, in a small buffer pool',
  addOptions: addGrowthOptions,
  run: (options, surroundings) => run(options as unknown as GrowthOptions, surroundings),
};

async function run(options: GrowthOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const plan = planGrowth(options);
  const stages: GrowthStage[] = [];
  const databases: string[] = [];
  for (const store of plan.stores) {
    const settings = { sets: 2, bufferPoolMib: plan.poolMib, options: SERVER_OPTIONS };
    const servers = await startPrivateServers(store, settings, surroundings.cleanups);
    try {
      databases.push(...(await describeMachine(servers)).databases);
      stages.push(...(await measureStore(store, servers, { plan, surroundings })));
    } finally {
      await servers.stop();
    }
  }
  const result = {
    runs: stages.flatMap(recordsOf),
    ratios: ratiosOf(stages),
    goals: goalsOf(stages),
    databases,
  };
  if (plan.docs !== undefined) {
    const machine = { ...(await describeMachine(NO_SERVERS)), databases };
    const figures = { machine, commit: describeCommit(), ...result };
    await writeGrowth(plan.docs, stages, { figures, plan });
  }
  return result;
}

async function measureStore(
  store: StoreKind,
  servers: PrivateServers,
  { plan, surroundings }: { readonly plan: GrowthPlan; readonly surroundings: Surroundings },
): Promise<GrowthStage[]> {
  const count = serverCountOf(store);
  const part = (from: number, to: number) => ({
    mariadb: servers.mariadb.slice(from, to),
    mysql: servers.mysql.slice(from, to),
  });
  const stages: GrowthStage[] = [];
  for (const ids of plan.ids) {
    const ground = { store, ids, growing: part(0, count), empty: part(count, 2 * count) };
    const measured = await measureGrowth(ground, plan, surroundings);
    const records = measured.flatMap(recordsOf);
    const pool = store === 'sqlite' ? 'the page cache of the system' : `a buffer pool of ${plan.poolMib} MiB`;
    surroundings.print(`\n${NAME}: ${store}, ${ids} ids, in ${pool}${count > 1 ? ' a server' : ''}`);
    surroundings.print(runTable(records));
    surroundings.print(figureTable(records));
    stages.push(...measured);
  }
  return stages;
}

function recordsOf({ grown, empty }: GrowthStage): RunRecord[] {
  return [recordOf(NAME, empty), recordOf(NAME, grown)];
}
