import { Command, InvalidArgumentError } from 'commander';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DEFECTS } from './defects/defects';
import { huntDefects } from './defects/hunt-defects';
import { shortTrace } from './report/short-trace';
import { Totals } from './report/totals';
import { KEPT_SEEDS } from './kept-seeds';
import { runSeed } from './run-seed';
import { runSeeds } from './run-seeds';
import type { SeedReport, SeedWork } from './seed-report';
import { makeDirectoryImage } from './world/sim-directory';

interface Options {
  readonly seed?: number;
  readonly seeds?: number;
  readonly kept?: true;
  readonly calls: number;
  readonly workers: number;
  readonly json?: string;
  readonly trace?: true;
  readonly defects?: true | string[];
  readonly defectSeeds: number;
}

const SEEDS_DEFAULT = 500;

/** From this size on, a run that never took a rare path has failed. */
const NIGHTLY_SEEDS = 1_000;

async function main(): Promise<void> {
  const options = simCommand().parse().opts<Options>();
  if (options.defects !== undefined) await hunt(options);
  else if (options.seed !== undefined && options.seeds === undefined) await replay(options, options.seed);
  else await run(options);
}

function simCommand(): Command {
  return new Command('sim')
    .description(
      'Simulates hotsplit on databases that fail in every way, and judges what it does. Same seed, same run.',
    )
    .option('--seed <n>', 'only this seed, with its trace; with --seeds, the first of them', whole)
    .option('--seeds <n>', `how many, ${SEEDS_DEFAULT} by default`, whole)
    .option('--kept', 'the seeds that once found something, each with the calls it took')
    .option('--calls <n>', 'calls of clients in each seed, about', whole, 1_000)
    .option('--workers <n>', 'seeds that run side by side', whole, availableParallelism())
    .option('--trace', 'with --seed: the whole trace, even if nothing is wrong')
    .option('--json <file>', 'also write what came of it to this file')
    .option(
      '--defects [names...]',
      'instead: build known defects in, one at a time, and see whether they are found',
    )
    .option('--defect-seeds <n>', 'seeds that may be tried for a defect', whole, 300);
}

async function run(options: Options): Promise<void> {
  const seeds = options.kept ? KEPT_SEEDS : range(options);
  const totals = new Totals();
  const started = performance.now();
  await runSeeds(seeds, options.workers, (report) => {
    totals.add(report);
    if (process.stderr.isTTY)
      process.stderr.write(`\r${totals.seeds} of ${seeds.length} seeds, ${totals.calls} calls `);
    return report.violation === undefined;
  });
  const seconds = (performance.now() - started) / 1_000;
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  printTotals(totals, seconds);
  const missing = seeds.length >= NIGHTLY_SEEDS ? totals.missingMarks : [];
  if (missing.length > 0) console.log(`\nnever happened in ${totals.seeds} seeds: ${missing.join(', ')}`);
  if (options.json !== undefined) writeJson(options.json, totals, seconds);
  for (const report of totals.violations)
    await explain(report, seeds.find(({ seed }) => seed === report.seed)?.calls ?? options.calls);
  process.exitCode = totals.violations.length + missing.length > 0 ? 1 : 0;
}

function range({ seed: from = 1, seeds: count = SEEDS_DEFAULT, calls }: Options): SeedWork[] {
  return Array.from({ length: count }, (_, n) => ({ seed: from + n, calls }));
}

async function replay(options: Options, seed: number): Promise<void> {
  const directoryImage = await makeDirectoryImage();
  const result = await runSeed({ seed, calls: options.calls, directoryImage, keepTrace: true });
  if (options.trace) for (const line of result.trace) console.log(line);
  const { calls, entries, events, simulatedMs, checksum, violation } = result;
  if (violation && !options.trace)
    for (const line of shortTrace(result.trace, violation.about)) console.log(line);
  console.log(
    `seed ${seed}: ${calls} calls, ${entries} entries, ${events} events, ${Math.round(simulatedMs)} ms, trace ${checksum}`,
  );
  console.log(violation ? `\n${violation.message}` : 'nothing is wrong');
  process.exitCode = violation ? 1 : 0;
}

async function hunt(options: Options): Promise<void> {
  const names = options.defects === true ? undefined : options.defects;
  const defects = DEFECTS.filter(({ name }) => names === undefined || names.includes(name));
  if (defects.length === 0) throw new Error(`known defects: ${DEFECTS.map(({ name }) => name).join(', ')}`);
  const missed: string[] = [];
  const hunt = {
    defects,
    from: options.seed ?? 1,
    seedsMax: options.defectSeeds,
    calls: options.calls,
    workers: options.workers,
  };
  await huntDefects(hunt, ({ name, breaks }, { seeds, seed, violation }) => {
    if (seed === undefined) missed.push(name);
    const how = seed === undefined ? `NOT FOUND in ${seeds} seeds` : `found by seed ${seed} (${seeds} tried)`;
    console.log(`${name}: ${breaks}: ${how}${violation === undefined ? '' : `: ${violation.slice(0, 160)}`}`);
  });
  console.log(`\n${defects.length - missed.length} of ${defects.length} planted defects found`);
  process.exitCode = missed.length > 0 ? 1 : 0;
}

function printTotals(totals: Totals, seconds: number): void {
  console.log('happened:');
  for (const [mark, times] of Object.entries(totals.coverage))
    console.log(`  ${String(times).padStart(9)}  ${mark}`);
  console.log(
    `\n${totals.seeds} seeds, ${totals.calls} calls, ${totals.entries} entries, ${totals.events} events, ` +
      `${Math.round(totals.simulatedMs / 60_000)} simulated minutes in ${seconds.toFixed(1)} s: ` +
      `${Math.round(totals.calls / seconds)} calls a second`,
  );
  console.log(totals.violations.length === 0 ? 'nothing is wrong' : `${totals.violations.length} broken`);
}

/** Runs a seed again, with its trace kept, and says how anybody can. */
async function explain({ seed, violation }: SeedReport, calls: number): Promise<void> {
  const directoryImage = await makeDirectoryImage();
  const again = await runSeed({ seed, calls, directoryImage, keepTrace: true });
  console.log(`\nseed ${seed} at commit ${commit()}:`);
  for (const line of shortTrace(again.trace, violation?.about ?? [])) console.log(`  ${line}`);
  console.log(`\n${violation?.message ?? ''}`);
  console.log(`\nto see it again: npm run sim -- --seed ${seed} --calls ${calls}`);
}

function writeJson(file: string, totals: Totals, seconds: number): void {
  const { seeds, calls, entries, events, coverage, checksums, missingMarks } = totals;
  const violations = totals.violations.map(({ seed, violation }) => ({
    seed,
    violation: violation?.message,
  }));
  writeFileSync(
    file,
    `${JSON.stringify({ commit: commit(), seconds, seeds, calls, entries, events, violations, missingMarks, coverage, checksums }, null, 2)}\n`,
  );
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: __dirname,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

void main();
