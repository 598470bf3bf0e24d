import { type Command, Option } from 'commander';
import { operationCall } from '../../client/account-calls';
import { operationsPage } from '../../client/lists';
import type { CommandContext, Globals } from '../command-context';
import { Interrupted } from '../faults';
import { followOperation, type ShownOperation } from '../service/operations';
import type { ServiceClient } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { wholeNumber } from '../terminal/option-parsers';
import { showProgress } from '../terminal/progress';
import { untilSignal } from '../terminal/until-signal';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

export interface WaitOptions {
  /** False with `--no-wait`. */
  readonly wait?: boolean;
  readonly waitSeconds: number;
}

interface ListOptions extends WatchOptions {
  readonly limit: number;
  readonly account?: string;
  readonly status?: ShownOperation['status'];
}

/** The longest page of the service. */
const LISTED_MAX = 1_000;

const WAIT_SECONDS_MAX = 7 * 24 * 3_600;

/** For commands that begin an operation. */
export function addWaitOptions(command: Command, secondsDefault: number): Command {
  return command
    .option('--wait', 'wait until it is done (the default)')
    .option('--no-wait', 'begin it, print the operation, and leave')
    .option('--wait-seconds <n>', 'how long to wait', wholeNumber(1, WAIT_SECONDS_MAX), secondsDefault);
}

export function addOperationCommands(program: Command, context: CommandContext): void {
  const operation = program.command('operation').description('follow what goes on in the service');
  addWatchOptions(operation.command('list'))
    .description('list operations, the newest first')
    .option('--limit <n>', 'how many', wholeNumber(1, LISTED_MAX), 50)
    .option('--account <id>', 'only those of this account')
    .addOption(new Option('--status <status>', 'only those with it').choices(['running', 'done', 'failed']))
    .action((options: ListOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { account: accountId, status, limit } = options;
        const { body } = await client.call(
          operationsPage({ ...(accountId !== undefined && { accountId }), ...(status && { status }) })({
            limit,
          }),
        );
        show.list(body.items, OPERATION_COLUMNS);
      }),
    );
  addWatchOptions(operation.command('show'))
    .description('show how far an operation is')
    .argument('<id>', 'operation id, as it was printed when it was begun')
    .action((id: string, options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body: found } = await client.call(operationCall(id));
        show.one(found, operationFields(found));
      }),
    );
}

/** Waits for what was begun, with a progress bar. A signal ends the waiting and not the operation. */
export async function awaitOperation(
  begun: ShownOperation,
  at: {
    readonly client: ServiceClient;
    readonly context: CommandContext;
    readonly json: boolean;
    readonly label: string;
    readonly unit: string;
    readonly waitSeconds: number;
  },
): Promise<ShownOperation> {
  const { client, context, json, label, unit, waitSeconds } = at;
  const stage = showProgress({ ...context, json })({ label, unit, total: begun.progress.total });
  try {
    return await untilSignal(({ signal }) =>
      followOperation(begun, {
        client,
        signal,
        stage,
        clock: context.clock,
        waitMsMax: waitSeconds * 1_000,
      }),
    );
  } catch (error) {
    stage.end();
    if (error instanceof Interrupted)
      context.err.write(`it goes on: hotsplit operation show ${begun.operationId}\n`);
    throw error;
  }
}

/** Prints what was begun or what it came to, as the options say. */
export async function printOperation(
  begun: ShownOperation,
  at: {
    readonly client: ServiceClient;
    readonly context: CommandContext;
    readonly globals: Globals;
    readonly options: WaitOptions;
    readonly label: string;
    readonly unit: string;
  },
): Promise<void> {
  const { globals, options } = at;
  const { json, show } = globals;
  const { waitSeconds } = options;
  const operation =
    options.wait === false ? begun : await awaitOperation(begun, { ...at, json, waitSeconds });
  show.one(operation, operationFields(operation));
}

export const OPERATION_COLUMNS: Columns<ShownOperation> = {
  operation: ({ operationId }) => operationId,
  kind: ({ kind }) => kind,
  account: ({ accountId }) => accountId,
  status: ({ status }) => status,
  progress: ({ progress }) => progressOf(progress),
  begun: ({ createdAt }) => createdAt,
};

function progressOf({ done, total }: ShownOperation['progress']): string {
  return total === 0 ? 'begun' : `${done} of ${total}`;
}

function operationFields(operation: ShownOperation): Fields {
  const { operationId, kind, status, accountId, progress, result, error, createdAt } = operation;
  return {
    operation: operationId,
    kind,
    status,
    account: accountId,
    progress: progressOf(progress),
    error: error && `${error.code}: ${error.detail}`,
    ...Object.fromEntries(Object.entries(result ?? {}).map(([name, value]) => [wordsOf(name), shown(value)])),
    begun: createdAt,
  };
}

/** `movedBetweenShards` → `moved between shards`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
