import type { Command } from 'commander';
import { eventsCall } from '../../client/event-calls';
import type { Event, EventPage } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import { NotSettled } from '../faults';
import type { JsonOf, ServiceClient } from '../service/service-client';
import type { Columns } from '../terminal/columns';
import { harmless } from '../terminal/harmless';
import { accountIdArgument } from '../terminal/option-parsers';
import type { Show } from '../terminal/show';
import { untilSignal } from '../terminal/until-signal';

interface TailOptions {
  readonly from: string;
  readonly types?: readonly string[];
  readonly account?: string;
  readonly once?: boolean;
}

const PAGE_LENGTH = 500;
/** Between two looks for something new, and before the service is asked again that did not answer. */
const PAUSE_MS = 500;

export function addEventCommands(program: Command, context: CommandContext): void {
  const events = program.command('events').description('read what has happened');
  events
    .command('tail')
    .description('print events as they happen, a line each; with --json as JSON lines')
    .option('--from <cursor>', 'oldest, newest or a cursor', 'newest')
    .option('--types <types>', 'only these, commas between', (text: string) => text.split(','))
    .option('--account <id>', 'only those of this account', accountIdArgument)
    .option('--once', 'end when there is no more')
    .action((options: TailOptions, command: Command) =>
      withService(command, context, (client, { show }) =>
        untilSignal((stop) => tail(client, { options, show, stop: stop.signal, context })),
      ),
    );
}

interface Tail {
  readonly options: TailOptions;
  readonly show: Show;
  readonly stop: AbortSignal;
  readonly context: CommandContext;
}

/** Ends with the cursor to go on from, whatever ended it. */
async function tail(client: ServiceClient, given: Tail): Promise<void> {
  const { options, show, stop, context } = given;
  let cursor = options.from;
  let isAnswered = false;
  let isFirst = true;
  try {
    for (;;) {
      const page = await nextPage(client, cursor, given);
      isAnswered = true;
      for (const event of page.items) {
        show.line(event, EVENT_COLUMNS, { text: () => lineOf(event), isFirst });
        isFirst = false;
      }
      await context.out.drained();
      cursor = page.nextCursor;
      if (page.hasMore) continue;
      if (options.once === true) return;
      await context.clock.pause(PAUSE_MS, stop);
    }
  } catch (error) {
    if (stop.aborted) throw stop.reason;
    throw error;
  } finally {
    // Where nothing was read, it is as good or bad as it was given.
    if (isAnswered) context.err.write(`go on with: --from ${cursor}\n`);
  }
}

/** Asked until it is answered: a tail outlives a restart of the service. */
async function nextPage(
  client: ServiceClient,
  cursor: string,
  { options, stop, context }: Tail,
): Promise<JsonOf<EventPage>> {
  const { types, account: accountId } = options;
  for (let isTold = false; ; isTold = true) {
    try {
      const query = {
        cursor,
        limit: PAGE_LENGTH,
        ...(types && { types }),
        ...(accountId !== undefined && { accountId }),
      };
      return (await client.call(eventsCall(query))).body;
    } catch (error) {
      if (!(error instanceof NotSettled) || options.once === true) throw error;
      if (!isTold) context.err.write(`${error.message}; asking again\n`);
    }
    await context.clock.pause(PAUSE_MS, stop);
  }
}

/** The fields of the data that say most, in the order of their importance. */
const SHOWN = [
  'kind',
  'amount',
  'requestId',
  'holdId',
  'status',
  'strategy',
  'subAccounts',
  'asset',
  'reference',
];

const EVENT_COLUMNS: Columns<JsonOf<Event>> = {
  time: ({ time }) => time,
  type: ({ type }) => type,
  subject: ({ subject }) => subject,
  ...Object.fromEntries(SHOWN.map((name) => [wordsOf(name), (event: JsonOf<Event>) => fieldOf(event, name)])),
  id: ({ id }) => id,
};

function fieldOf({ data }: JsonOf<Event>, name: string): string | number | undefined {
  const value = (data as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

/** `requestId` → `request id`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function lineOf(event: JsonOf<Event>): string {
  const { time, type, subject } = event;
  const shown = SHOWN.flatMap((name) => {
    const value = fieldOf(event, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return harmless([time, type.replace('hotsplit.', ''), subject, ...shown].join('  '));
}
