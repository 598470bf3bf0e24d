import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { runFloods } from './flood/run-flood';
import { CHECKOUT } from './parts/scripts';
import { describeReport } from './report/report';
import { runChaos } from './run-chaos';

interface Options {
  readonly minutes: number;
  readonly json?: string;
  readonly seed?: number;
  readonly once: boolean;
  readonly cluster?: boolean;
  readonly rate: number;
  readonly keep: boolean;
  readonly flood: boolean;
  readonly connections: number;
  readonly seconds: number;
  readonly anyRate: boolean;
}

const cleanups: (() => Promise<void>)[] = [];

async function main(): Promise<void> {
  const options = new Command('chaos')
    .description(
      'Runs two services on three MariaDB shards, a fourth on a Galera cluster, and Redis under load, breaks them and what lies between again and ' +
        'again, and then proves from the databases and from what the clients wrote down that nothing was lost, doubled ' +
        'or refused wrongly. Exit code 1 if anything was.',
    )
    .option('--minutes <m>', 'how long to go on breaking things', positive, 5)
    .option('--seed <n>', 'what is broken, when and how long; by default a new one, which is printed', whole)
    .option('--json <file>', 'also write the report to this file')
    .option('--once', 'every kind of fault once, briefly, in less than a minute, instead of --minutes', false)
    .option('--cluster', 'also the shard on a Galera cluster with --once; an error where there can be none')
    .option('--no-cluster', 'without it')
    .option('--rate <n>', 'requests that arrive each second', positive, 120)
    .option('--keep', 'keep the history and the logs of a clean run, too', false)
    .option(
      '--flood',
      'only floods, by callers without a key and by one with large batches, beside those who pay',
      false,
    )
    .option('--connections <n>', 'of a flood', positive, 2_000)
    .option('--seconds <n>', 'of a flood, and of each measurement before and after it', positive, 8)
    .option('--any-rate', 'judge no rates of a flood: the machine is busy with something else', false)
    .parse()
    .opts<Options>();
  if (options.flood) {
    const floods = await runFloods(options, (text) => console.log(text), cleanups);
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ commit: commit(), floods }, undefined, 2)}\n`);
    if (floods.some(({ breaches }) => breaches.length > 0)) process.exitCode = 1;
    return;
  }
  const seed = options.seed ?? randomInt(2 ** 32);
  console.log(`chaos: seed ${seed}, starting …`);
  const report = await runChaos(
    {
      seed,
      minutes: options.minutes,
      once: options.once,
      // Three nodes take longer to start than all else together.
      nodes: options.cluster ?? (options.once ? false : undefined),
      arrivalsPerSecond: options.rate,
      commit: commit(),
      keep: options.keep,
    },
    (text) => console.log(text),
    cleanups,
  );
  console.log(describeReport(report));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.verdict === 'broken') process.exitCode = 1;
}

async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: CHECKOUT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void cleanUp().finally(() => process.exit(130));
  });

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(cleanUp)
  .then(
    () => process.exit(),
    () => process.exit(1),
  );
