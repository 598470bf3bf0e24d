import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { BALANCED } from './audit/audit-site';
import { RefusedRun } from './refused-run';
import { describeCommit, describeMachine } from './report/machine';
import { goalTable, ratioTable } from './report/tables';
import type { Scenario, ScenarioResult, Surroundings } from './scenario';
import { SCENARIOS } from './scenarios';
import { Cleanups } from '../kernel/cleanups';
import { serversIn } from './stage/store-kind';

const CLEAN_UP_MS_MAX = 20_000;

interface BenchOptions {
  readonly json?: string;
}

async function main(): Promise<void> {
  const cleanups = new Cleanups();
  endOnSignal(cleanups);
  const surroundings: Surroundings = {
    servers: serversIn(process.env),
    cleanups,
    print: (text) => console.log(text),
  };
  try {
    await benchCommand(surroundings).parseAsync();
  } finally {
    await cleanups.runAll();
  }
}

function benchCommand(surroundings: Surroundings): Command {
  const known = SCENARIOS.map(({ name }) => name).join(', ');
  const bench = new Command('bench')
    .description('Measures hotsplit. Without a scenario, all of them run.')
    .argument('[scenario]', `one of: ${known}`)
    .option('--json <file>', 'also write machine, commit, runs and ratios to this file')
    .configureHelp({ showGlobalOptions: true })
    .action(async (name: string | undefined) => {
      if (name !== undefined) bench.error(`there is no scenario "${name}"; known: ${known}`, { exitCode: 2 });
      const all = SCENARIOS.map((scenario) => ({ scenario, options: defaultsOf(scenario) }));
      await runAll(all, surroundings, bench.opts<BenchOptions>().json);
    });
  for (const scenario of SCENARIOS) {
    const command = bench.command(scenario.name).description(scenario.summary);
    scenario.addOptions(command);
    command.action((options: Record<string, unknown>) =>
      runAll([{ scenario, options }], surroundings, bench.opts<BenchOptions>().json),
    );
  }
  return bench;
}

function defaultsOf(scenario: Scenario): Record<string, unknown> {
  const command = new Command();
  scenario.addOptions(command);
  return command.opts();
}

async function runAll(
  chosen: readonly { scenario: Scenario; options: Readonly<Record<string, unknown>> }[],
  surroundings: Surroundings,
  jsonFile: string | undefined,
): Promise<void> {
  const described = await describeMachine(surroundings.servers);
  const commit = describeCommit();
  surroundings.print(`${described.cpu}, ${described.cores} cores, ${described.node}, commit ${commit}`);
  const results: ScenarioResult[] = [];
  for (const { scenario, options } of chosen) results.push(await scenario.run(options, surroundings));

  const ofScenarios = results.flatMap(({ databases = [] }) => databases);
  const machine = { ...described, databases: [...described.databases, ...ofScenarios] };
  const runs = results.flatMap((result) => result.runs);
  const ratios = Object.fromEntries(results.flatMap((result) => Object.entries(result.ratios)));
  const goals = results.flatMap((result) => result.goals);
  if (Object.keys(ratios).length > 0) surroundings.print(ratioTable(ratios));
  if (goals.length > 0) surroundings.print(goalTable(goals));
  if (jsonFile !== undefined)
    writeFileSync(jsonFile, `${JSON.stringify({ machine, commit, runs, ratios }, undefined, 2)}\n`);

  const broken = runs.filter((run) => run.audit !== BALANCED);
  for (const run of broken)
    surroundings.print(`AUDIT FAILED  ${run.store} ${run.name} @${run.inFlight}: ${run.audit}`);
  if (broken.length > 0) process.exitCode = 1;
}

/** The first signal puts everything away; a second one does not wait for it. */
function endOnSignal(cleanups: Cleanups): void {
  let ending = false;
  const end = (): void => {
    if (ending) process.exit(130);
    ending = true;
    setTimeout(() => process.exit(130), CLEAN_UP_MS_MAX).unref();
    void cleanups.runAll().then(() => process.exit(130));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

main().then(
  // Whatever still holds the event loop has been put away by the cleanups.
  () => process.exit(),
  (error: unknown) => {
    if (error instanceof RefusedRun) console.error(error.message);
    else console.error(error);
    process.exit(1);
  },
);
