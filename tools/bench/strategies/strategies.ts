import type { MeasuredCase, Round, Subject } from '../cases/case';
import { roundLine } from '../cases/run-together';
import type { Timing } from '../measure/measurement';
import { describeCommit, describeMachine } from '../report/machine';
import { recordOf, type RunRecord } from '../report/run-record';
import { figureTable, runTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { shardCountOf } from '../stage/store-kind';
import { Arena, type ArenaPlan } from './arena';
import { goalsOf, ratiosOf } from './strategies-goals';
import { addStrategiesOptions, type StrategiesOptions } from './strategies-options';
import { planStrategies, type StrategiesPlan } from './strategies-plan';
import { writePage } from './write-page';

const NAME = 'strategies';
const DRAIN_MS_MAX = 60_000;

/** Every way of deducting on the same rows: what does each make of a hot account, and of a thousand cold ones? */
export const strategies: Scenario = {
  name: NAME,
  summary: 'every strategy × one hot account or 1,000 cold ones × store × split × requests in flight',
  addOptions: addStrategiesOptions,
  run: (options, surroundings) => run(options as unknown as StrategiesOptions, surroundings),
};

async function run(options: StrategiesOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const { print, servers } = surroundings;
  const plan = planStrategies(options, servers);
  if (plan.leftOut.length > 0) print(`left out, no servers: ${plan.leftOut.join(', ')}`);
  if (plan.strategies.includes('leased'))
    print('leased answers before it is on disk: not durable, for comparison only');
  const runs: RunRecord[] = [];
  for (const arena of arenasOf(plan)) {
    const records = (await measureIn(arena, plan, surroundings)).map((each) => recordOf(NAME, each));
    print(`\n${NAME}: ${arena.store}, ${arena.contention}, split ${arena.subAccounts}`);
    print(runTable(records));
    print(figureTable(records));
    runs.push(...records);
  }
  const ratios = ratiosOf(runs);
  const goals = goalsOf(ratios);
  if (plan.docs !== undefined) {
    const figures = {
      machine: await describeMachine(servers),
      commit: describeCommit(),
      runs,
      ratios,
      goals,
    };
    await writePage(plan.docs, figures);
  }
  return { runs, ratios, goals };
}

function arenasOf({ stores, contentions, splits }: StrategiesPlan): ArenaPlan[] {
  return stores.flatMap((store) =>
    contentions.flatMap((contention) => splits.map((subAccounts) => ({ store, contention, subAccounts }))),
  );
}

/** All strategies one after the other, round after round, so that what the machine does meanwhile falls on all alike. */
function measureIn(
  arenaPlan: ArenaPlan,
  plan: StrategiesPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const { store, contention, subAccounts } = arenaPlan;
  const timing: Timing = {
    warmUpMs: plan.warmUpMs,
    measureMs: plan.seconds * 1_000,
    drainMsMax: DRAIN_MS_MAX,
  };
  const cases = plan.inFlight.flatMap((inFlight) =>
    plan.strategies.map((strategy) => {
      const name = `${strategy} ${contention}`;
      const subject: Subject = { name, store, shards: shardCountOf(store), subAccounts, inFlight };
      return { case: subject, strategy, rounds: [] as Round[] };
    }),
  );
  return Arena.with(arenaPlan, surroundings, async (arena) => {
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const { case: subject, strategy, rounds } of cases) {
        const result = await arena.measure(strategy, subject.inFlight, timing);
        rounds.push(result);
        surroundings.print(roundLine(`${round}/${plan.rounds} ×${subAccounts}`, subject, result));
      }
    }
    return cases;
  });
}
