import type { Case, MeasuredCase } from '../cases/case';
import { runInterleaved } from '../cases/run-interleaved';
import { runTogether } from '../cases/run-together';
import { recordOf } from '../report/run-record';
import { figureTable, runTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { shardCountOf, type StoreKind } from '../stage/store-kind';
import { measureBalanceQueries } from './balance-query';
import { DRAIN_CLIENTS, measureDrain } from './drain';
import { goalsOf, ratiosOf } from './exhaustion-goals';
import { addExhaustionOptions, type ExhaustionOptions, type Part } from './exhaustion-options';
import { concerns, type ExhaustionPlan, planExhaustion } from './exhaustion-plan';
import { rebalancingCases } from './rebalancing';
import { measureStorm } from './storm';

const NAME = 'exhaustion';

/** Accounts that run out: is the last unit paid and nothing refused before, and what does it cost everybody else? */
export const exhaustion: Scenario = {
  name: NAME,
  summary: 'accounts that run out: drained to the last unit, stormed when empty, kept level; balance queries',
  addOptions: addExhaustionOptions,
  run: (options, surroundings) => run(options as unknown as ExhaustionOptions, surroundings),
};

async function run(options: ExhaustionOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const { print } = surroundings;
  const plan = planExhaustion(options, surroundings.servers);
  if (plan.leftOut.length > 0) print(`left out, no servers: ${plan.leftOut.join(', ')}`);
  const measured: MeasuredCase[] = [];
  for (const part of plan.parts) {
    for (const store of plan.stores.filter((each) => concerns(part, each))) {
      const group = await measure(part, store, plan, surroundings);
      const records = group.map((each) => recordOf(NAME, each));
      print(`\n${NAME}: ${part}, ${store}`);
      print(runTable(records));
      if (records.some(({ figures }) => figures)) print(figureTable(records));
      measured.push(...group);
    }
  }
  return {
    runs: measured.map((each) => recordOf(NAME, each)),
    ratios: ratiosOf(measured),
    goals: goalsOf(measured),
  };
}

function measure(
  part: Part,
  store: StoreKind,
  plan: ExhaustionPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const options = { rounds: plan.rounds, report: surroundings.print };
  switch (part) {
    case 'drain':
      return runInterleaved([drainCase(store, plan, surroundings)], options);
    case 'storm':
      return runTogether(options, () => measureStorm(store, plan, surroundings));
    case 'rebalancing':
      return runInterleaved(rebalancingCases(store, plan, surroundings), options);
    case 'balances':
      return runTogether(options, () => measureBalanceQueries(store, plan, surroundings));
  }
}

function drainCase(store: StoreKind, plan: ExhaustionPlan, surroundings: Surroundings): Case {
  return {
    name: 'drain',
    store,
    shards: shardCountOf(store),
    subAccounts: plan.subAccounts,
    inFlight: DRAIN_CLIENTS,
    measure: () => measureDrain(store, plan, surroundings),
  };
}
