import { createHash } from 'node:crypto';
import { type Command, Option } from 'commander';
import { auditLogPage } from '../../client/lists';
import { sortedJson } from '../../client/sorted-json';
import type { AuditLogLine, AuditLogQuery } from '../../client/shapes';
import { type CommandContext, withService } from '../command-context';
import { ExitCode } from '../exit-codes';
import type { JsonOf, ServiceClient } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { jsonText } from '../terminal/harmless';
import { wholeNumber } from '../terminal/option-parsers';
import { showProgress } from '../terminal/progress';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

/** The longest page of the service. */
const PAGE_LENGTH = 1_000;
const NO_HASH = '0'.repeat(64);

interface Filter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
}

/** As the service answers it: without the text that was hashed, which its fields make. */
type Line = Omit<JsonOf<AuditLogLine>, 'line'>;

export function addAuditLogCommands(program: Command, context: CommandContext): void {
  const auditLog = program.command('audit-log').description('what administrators did, from where, and when');
  filtered(addWatchOptions(auditLog.command('list')))
    .description('list lines, the newest first')
    .option('--limit <n>', 'how many', wholeNumber(1, PAGE_LENGTH), 50)
    .action((options: Filter & WatchOptions & { readonly limit: number }, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { limit, actor, action, target } = options;
        const filter = {
          ...(actor !== undefined && { actor }),
          ...(action !== undefined && { action }),
          ...(target !== undefined && { target }),
        };
        const { body } = await client.call(auditLogPage(filter)({ limit }));
        show.list(body.items, LINE_COLUMNS);
      }),
    );
  filtered(auditLog.command('export'))
    .description('write all lines, the oldest first, a line of JSON each; or --output csv')
    .action((filter: Filter, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const lines = linesOf(client, filter);
        if (show.format === 'csv') return show.longList(lines, LINE_COLUMNS, '');
        for await (const line of lines)
          if (!context.out.write(`${jsonText(line)}\n`)) await context.out.drained();
      }),
    );
  auditLog
    .command('verify')
    .description('check that no line was changed, taken out or put in between; exit code 1 if one was')
    .addOption(
      new Option('--hash <hash>', 'the hash of the last line as you know it, of this log then or now'),
    )
    .action(({ hash }: { readonly hash?: string }, command: Command) =>
      withService(command, context, async (client, { json, show }) => {
        const stage = showProgress({ ...context, json })({
          label: 'verifying',
          unit: 'lines',
          total: 0,
        });
        const verified = await verify(linesOf(client, {}), hash).finally(() => {
          stage.end();
        });
        show.one(verified, verifiedFields(verified));
        if (verified.broken !== undefined) context.exitWith(ExitCode.failed);
      }),
    );
}

function filtered(command: Command): Command {
  return command
    .option('--actor <key-id>', 'only what this key did')
    .option('--action <call>', 'only calls of this name, such as resizeSubAccounts')
    .option('--target <id>', 'only what meant this account, key, shard or operation');
}

async function* linesOf(client: ServiceClient, filter: AuditLogQuery): AsyncGenerator<Line> {
  const page = auditLogPage({ ...filter, order: 'asc' });
  for (let cursor: string | undefined; ;) {
    const { body } = await client.call(page({ cursor, limit: PAGE_LENGTH }));
    yield* body.items;
    if (body.nextCursor === undefined) return;
    cursor = body.nextCursor;
  }
}

interface Verified {
  readonly lines: number;
  readonly first?: number;
  readonly last?: number;
  /** Of the last line: keep it elsewhere, for what is taken off the end is not seen by the chain alone. */
  readonly hash?: string;
  readonly broken?: { readonly sequence: number; readonly what: string };
}

/** @param known a hash that has to be among the lines */
async function verify(lines: AsyncIterable<Line>, known: string | undefined): Promise<Verified> {
  let count = 0;
  let first: number | undefined;
  let before: Line | undefined;
  let isKnown = known === undefined;
  for await (const line of lines) {
    const what = faultOf(line, before);
    if (what !== undefined) return { lines: count, broken: { sequence: line.sequence, what } };
    count += 1;
    first ??= line.sequence;
    before = line;
    isKnown ||= line.hash === known;
  }
  const last = before && { last: before.sequence, hash: before.hash };
  const all = { lines: count, ...(first !== undefined && { first }), ...last };
  if (isKnown) return all;
  return {
    ...all,
    broken: {
      sequence: before?.sequence ?? 0,
      what: 'no line has the hash that you know: the end was cut off',
    },
  };
}

function faultOf(line: Line, before: Line | undefined): string | undefined {
  const { hash, altered, ...hashed } = line;
  if (altered) return 'what lists are filtered by was changed beside it';
  const { sequence, previousHash } = line;
  if (createHash('sha256').update(sortedJson(hashed)).digest('hex') !== hash) return 'it was changed';
  if (!before) return sequence === 1 && previousHash !== NO_HASH ? 'it is not the first line' : undefined;
  if (sequence !== before.sequence + 1) return 'lines before it are missing';
  return previousHash === before.hash ? undefined : 'the line before it was changed';
}

function verifiedFields({ lines, first, last, hash, broken }: Verified): Fields {
  if (broken) return { result: `line ${broken.sequence}: ${broken.what}` };
  return { lines, first, last, hash, result: 'every line is as it was written' };
}

const LINE_COLUMNS: Columns<Line> = {
  line: ({ sequence }) => sequence,
  at: ({ at }) => at,
  key: ({ actor }) => actor,
  address: ({ address }) => address,
  call: ({ action }) => action,
  target: ({ target }) => target,
  outcome: ({ outcome }) => outcome,
  code: ({ code }) => code,
};
