import { type Command, InvalidArgumentError } from 'commander';
import { parseMetrics, type Sample } from '../../load/metrics-text';
import type { CommandContext } from '../command-context';
import { ExitCode } from '../exit-codes';
import { OperatorFault } from '../faults';
import { readMetrics } from '../service/read-metrics';
import type { ServiceClient } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

interface Readiness {
  readonly status: string;
  readonly directory: string;
  readonly shards: Readonly<Record<string, string>>;
  readonly refused?: Readonly<Record<string, string>>;
}

interface MetricsOptions extends WatchOptions {
  readonly name?: string;
}

/** What a service says of itself; needs no key. */
export function addServiceCommands(program: Command, context: CommandContext): void {
  addWatchOptions(program.command('health'))
    .description('show whether the service can serve, shard by shard; exit code 1 if not')
    .action((options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const readiness = await readReadiness(client);
        show.one(readiness, readinessFields(readiness));
        context.exitWith(readiness.status === 'ready' ? ExitCode.done : ExitCode.failed);
      }),
    );
  addWatchOptions(program.command('metrics'))
    .description('show the metrics of the instance that answers')
    .option('--name <prefix>', 'only those whose name begins so, such as hotsplit_shard', prefixArgument)
    .action(({ name = '', ...watch }: MetricsOptions, command: Command) =>
      showOrWatch(watch, { command, context }, async (client, show) => {
        const samples = parseMetrics(await readMetrics(client));
        show.list(
          samples.filter((sample) => sample.name.startsWith(name)),
          SAMPLE_COLUMNS,
        );
      }),
    );
}

async function readReadiness(client: ServiceClient): Promise<Readiness> {
  const { status, text } = await client.probe('/readyz');
  try {
    const said = JSON.parse(text) as Partial<Readiness> | null;
    if (said && typeof said.status === 'string' && typeof said.directory === 'string')
      return { ...said, status: said.status, directory: said.directory, shards: said.shards ?? {} };
  } catch {
    // It is no answer of the service.
  }
  throw new OperatorFault(`${client.url}/readyz answers ${status} and nothing that the service would say`);
}

function readinessFields({ status, directory, shards, refused = {} }: Readiness): Fields {
  const named = Object.entries(shards).map(([name, state]) => {
    const reason = refused[name];
    return [`shard ${name}`, reason === undefined ? state : `${state}: ${reason}`] as const;
  });
  return { status, directory, ...Object.fromEntries(named) };
}

const SAMPLE_COLUMNS: Columns<Sample> = {
  name: ({ name }) => name,
  labels: ({ labels }) =>
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  value: ({ value }) => value,
};

function prefixArgument(text: string): string {
  if (!/^[a-z_0-9:]+$/i.test(text)) throw new InvalidArgumentError('Names of metrics are letters and _.');
  return text;
}
