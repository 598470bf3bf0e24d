import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { MeasuredCase } from '../cases/case';
import { findMeasured, ratioBy, ratioOf, runInterleaved } from '../cases/run-interleaved';
import { ServiceGround } from '../cases/service-ground';
import { median } from '../measure/median';
import { timingOf } from '../measure/timing';
import { positive } from '../options';
import type { Goal } from '../report/goals';
import { recordOf } from '../report/run-record';
import { figureTable, runTable } from '../report/tables';
import type { Scenario, ScenarioResult, Surroundings } from '../scenario';
import { ConsoleBrowser } from './console-browser';
import { Tabs } from './tabs';

const NAME = 'console';
const STORE = 'sqlite';
const SUB_ACCOUNTS = 8;
/** About the load that the first view is promised under. */
const IN_FLIGHT_BESIDE_BROWSER = 8;
const IN_FLIGHT = 64;
const TABS = 20;
const ALONE = 'no console';
const BESIDE_TABS = `${TABS} tabs`;
const FIRST_VIEW = 'console first view, ms';

interface ConsoleOptions {
  readonly seconds: number;
  readonly rounds: number;
}

/** Operators look at the busiest moments: how soon do they see something, and what do they cost? */
export const consolePage: Scenario = {
  name: NAME,
  summary: 'the console: its first view under load, and what twenty open tabs cost the service',
  addOptions: (command: Command) => {
    command
      .option('--seconds <n>', 'seconds of one measurement', positive, 5)
      .option('--rounds <n>', 'rounds', positive, 5);
  },
  run: (options, surroundings) => run(options as unknown as ConsoleOptions, surroundings),
};

async function run({ seconds, rounds }: ConsoleOptions, surroundings: Surroundings): Promise<ScenarioResult> {
  const { print, cleanups } = surroundings;
  const executable = process.env['HOTSPLIT_BENCH_CHROMIUM'];
  if (executable === undefined)
    return leftOut(
      `Chromium is missing (${process.env['HOTSPLIT_BENCH_CHROMIUM_UNAVAILABLE'] ?? 'npm run bench brings it'})`,
      print,
    );
  const ground = await ServiceGround.open(STORE, SUB_ACCOUNTS, surroundings);
  const browser = await ConsoleBrowser.open(executable, ground.door, cleanups);
  const subject = { store: STORE, shards: 4, subAccounts: SUB_ACCOUNTS };
  const views = await runInterleaved(
    [
      {
        ...subject,
        name: 'first view',
        inFlight: IN_FLIGHT_BESIDE_BROWSER,
        measure: async () => {
          const timing = timingOf(seconds);
          const loaded = ground.measure('client', IN_FLIGHT_BESIDE_BROWSER, timing);
          await sleep(timing.warmUpMs);
          const firstViewMs = await browser.firstViewMs();
          return { ...(await loaded), figures: { [FIRST_VIEW]: firstViewMs } };
        },
      },
    ],
    { rounds, report: print },
  );
  const tabs = new Tabs(await browser.recordTab(), TABS);
  await browser.close();
  const measured = [
    ...views,
    ...(await runInterleaved(
      [
        {
          ...subject,
          name: ALONE,
          inFlight: IN_FLIGHT,
          measure: () => ground.measure('client', IN_FLIGHT, timingOf(seconds)),
        },
        {
          ...subject,
          name: BESIDE_TABS,
          inFlight: IN_FLIGHT,
          measure: () => tabs.openWhile(() => ground.measure('client', IN_FLIGHT, timingOf(seconds))),
        },
      ],
      { rounds, report: print },
    )),
  ];
  await ground.close();
  const records = measured.map((each) => recordOf(NAME, each));
  print(runTable(records));
  print(figureTable(records));
  return { runs: records, ratios: ratiosOf(measured), goals: goalsOf(measured) };
}

function leftOut(why: string, print: (text: string) => void): ScenarioResult {
  print(`left out: ${why}`);
  return { runs: [], ratios: {}, goals: [] };
}

function ratiosOf(measured: readonly MeasuredCase[]): Record<string, number> {
  const [beside, alone] = pairOf(measured);
  return {
    [`${BESIDE_TABS} / ${ALONE}, rate`]: ratioOf(beside, alone),
    [`${BESIDE_TABS} / ${ALONE}, processor time of the service a deduction`]: ratioBy(
      beside,
      alone,
      ({ cpuMicrosPerOp }) => cpuMicrosPerOp,
    ),
  };
}

function goalsOf(measured: readonly MeasuredCase[]): Goal[] {
  const [beside, alone] = pairOf(measured);
  const views = findMeasured(measured, { name: 'first view' })?.rounds ?? [];
  return [
    {
      name: FIRST_VIEW,
      measured: median(views.map(({ figures }) => figures?.[FIRST_VIEW] ?? NaN)),
      below: 1_000,
    },
    { name: `${BESIDE_TABS} / ${ALONE}`, measured: ratioOf(beside, alone), atLeast: 0.97 },
  ];
}

function pairOf(measured: readonly MeasuredCase[]): [beside: MeasuredCase, alone: MeasuredCase] {
  const beside = findMeasured(measured, { name: BESIDE_TABS });
  const alone = findMeasured(measured, { name: ALONE });
  if (!beside || !alone) throw new RangeError('nothing was measured');
  return [beside, alone];
}
