import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredCase } from '../cases/case';
import { flameGraph } from '../report/flame-graph';
import { describeCommit, describeMachine } from '../report/machine';
import { recordOf } from '../report/run-record';
import { profileTables, runTable, stageTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { goalsOf, ratiosOf } from './hot-goals';
import { addHotOptions, type HotOptions } from './hot-options';
import { type HotPlan, planHot } from './hot-plan';
import { measureDoors } from './measure-doors';
import { measureInProcess } from './measure-in-process';
import { measureSlowReader } from './slow-reader-beside';
import { slowReaderGoals } from './slow-reader-goals';
import { soak } from './soak';
import { writeHot } from './write-hot';

const NAME = 'hot';

/** One account as hot as it gets: how many durable deductions a second, beside what they are compared with. */
export const hot: Scenario = {
  name: NAME,
  summary: 'one hot account: deductions a second, in process and over HTTP, beside their yardsticks',
  addOptions: addHotOptions,
  run: (options, surroundings) => run(options as unknown as HotOptions, surroundings),
};

async function run(options: HotOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const plan = planHot(options, surroundings.servers);
  const measured = await measureAsAsked(options, plan, surroundings);
  if (options.flame !== undefined) writeFlames(options.flame, measured);
  const result = {
    runs: measured.map((each) => recordOf(NAME, each)),
    ratios: ratiosOf(measured),
    goals: [...goalsOf(measured), ...slowReaderGoals(measured)],
  };
  if (plan.docs !== undefined) {
    const machine = await describeMachine(surroundings.servers);
    await writeHot(plan.docs, { machine, commit: describeCommit(), ...result }, plan);
  }
  return result;
}

async function measureAsAsked(
  options: HotOptions,
  plan: HotPlan,
  surroundings: Surroundings,
): Promise<MeasuredCase[]> {
  const { print } = surroundings;
  if (plan.leftOut.length > 0) print(`left out, no servers: ${plan.leftOut.join(', ')}`);
  if (options.soak !== undefined) return soak(options.soak, plan, surroundings);
  if (options.slowReader !== undefined) {
    const group = await measureSlowReader(options.slowReader, plan, options, surroundings);
    return shown('beside a slow reader', group, print);
  }

  const measured: MeasuredCase[] = [];
  if (plan.doors.includes('process')) {
    for (const store of plan.stores) {
      const group = await measureInProcess(store, plan, surroundings);
      measured.push(...shown(`${store}, in process`, group, print));
    }
  }
  for (const store of plan.stores) {
    const group = await measureDoors(store, plan, surroundings);
    if (group.length > 0) measured.push(...shown(`${store}, through the doors of the service`, group, print));
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
