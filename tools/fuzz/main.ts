import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { SITES } from '../../test/setup/service-sites';
import { describeReport, findingText } from './run/describe-report';
import { fuzz } from './run/fuzz-run';

interface Options {
  readonly requests: number;
  readonly seed: number;
  readonly store: 'sqlite' | 'mariadb';
  readonly door?: 'rest' | 'grpc';
  readonly case?: string;
  readonly json?: string;
}

const REQUESTS = 20_000;

const command = new Command('fuzz')
  .description(
    'Sends hostile requests, made from the service’s own OpenAPI description, to a service of its own.',
  )
  .option('--requests <n>', 'about how many', wholeNumber, REQUESTS)
  .option('--seed <n>', 'makes the same requests again', wholeNumber, Date.now() % 2 ** 31)
  .addOption(
    new Option('--store <kind>', 'what the shards are').choices(['sqlite', 'mariadb']).default('sqlite'),
  )
  .addOption(new Option('--door <kind>', 'only this one').choices(['rest', 'grpc']))
  .option('--case <seed/path>', 'sends one case again, as a finding names it')
  .option('--json <file>', 'also write the report to this file')
  .action(run);

async function run({ requests, seed, store, door, case: replay, json }: Options): Promise<void> {
  const kind = SITES.find(({ mark }) => mark === store);
  if (!kind) throw new Error(`there is no store "${store}"`);
  console.log(`fuzz: ${requests} requests on ${store}, seed ${seed}`);
  const report = await fuzz({ kind, requests, seed, door, replay, print: (text) => console.log(text) });
  console.log(describeReport(report));
  for (const found of report.found) console.log(findingText(found, report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(report.found.length === 0 ? 'nothing found' : `${report.found.length} findings`);
  if (report.found.length > 0) process.exitCode = 1;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

command.parseAsync().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
