import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredCase } from '../cases/case';
import { flameGraph } from '../report/flame-graph';
import { recordOf } from '../report/run-record';
import { profileTables, runTable, stageTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { goalsOf, ratiosOf } from './hot-goals';
import { addHotOptions, type HotOptions } from './hot-options';
import { planHot } from './hot-plan';
import { measureHttp } from './measure-http';
import { measureInProcess } from './measure-in-process';
import { measurePreloaded } from './measure-preloaded';
import { soak } from './soak';

const NAME = 'hot';

/** One account as hot as it gets: how many durable deductions a second, beside what they are compared with. */
export const hot: Scenario = {
  name: NAME,
  summary: 'one hot account: deductions a second, in process and over HTTP, beside their yardsticks',
  addOptions: addHotOptions,
  run: (options, surroundings) => run(options as unknown as HotOptions, surroundings),
};

async function run(options: HotOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const measured = await measureAsAsked(options, surroundings);
  if (options.flame !== undefined) writeFlames(options.flame, measured);
  return {
    runs: measured.map((each) => recordOf(NAME, each)),
    ratios: ratiosOf(measured),
    goals: goalsOf(measured),
  };
}

async function measureAsAsked(options: HotOptions, surroundings: Surroundings): Promise<MeasuredCase[]> {
  const { print } = surroundings;
  const plan = planHot(options, surroundings.servers);
  if (plan.leftOut.length > 0) print(`left out, no servers: ${plan.leftOut.join(', ')}`);
  if (options.soak !== undefined) return soak(options.soak, plan, surroundings);
  if (options.preload !== undefined)
    return shown('preloaded', await measurePreloaded(options.preload, plan, options, surroundings), print);

  const measured: MeasuredCase[] = [];
  if (plan.doors.includes('process')) {
    for (const store of plan.processStores) {
      const group = await measureInProcess(store, plan, surroundings);
      measured.push(...shown(`${store}, in process`, group, print));
    }
  }
  if (plan.doors.includes('http') || plan.doors.includes('batch')) {
    for (const store of plan.httpStores) {
      const group = await measureHttp(store, plan, surroundings);
      measured.push(...shown(`${store}, over HTTP`, group, print));
    }
  }
  return measured;
}

function shown(title: string, group: MeasuredCase[], print: (text: string) => void): MeasuredCase[] {
  print(`\n${NAME}: ${title}`);
  print(runTable(group.map((each) => recordOf(NAME, each))));
  for (const { case: what, rounds } of group) {
    const { profile, stages } = rounds.at(-1) ?? {};
    if (stages) {
      print(`\nwhere the time goes, ${what.store} ${what.name} @${what.inFlight}`);
      print(stageTable(stages));
    }
    if (!profile) continue;
    print(`\nself time, ${what.store} ${what.name} @${what.inFlight}`);
    print(profileTables(profile));
  }
  return group;
}

function writeFlames(folder: string, measured: readonly MeasuredCase[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { case: what, rounds } of measured) {
    const profile = rounds.at(-1)?.profile;
    if (!profile) continue;
    const title = `${what.store} ${what.name}, ${what.inFlight} in flight: busy time of the process under test`;
    const file = `flame-${what.store}-${what.name}-${what.inFlight}.svg`;
    writeFileSync(join(folder, file), flameGraph(title, profile.flame));
  }
}
