import type { Producer } from '@platformatic/kafka';
import type { Command } from 'commander';
import { type CommandContext, globalsOf } from '../command-context';
import { addBrokerOption, type BrokerOptions, brokersOf } from '../kafka/brokers';
import { type DeadLetter, deadLetterOf } from '../kafka/dead-letter';
import { readTopic } from '../kafka/read-topic';
import type { Columns } from '../terminal/columns';
import { harmless } from '../terminal/harmless';
import { wholeNumber } from '../terminal/option-parsers';
import { showProgress } from '../terminal/progress';

interface ListOptions extends BrokerOptions {
  readonly topic?: string;
  readonly reason?: string;
  readonly limit: number;
}

interface ReplayOptions extends BrokerOptions {
  readonly topic?: string;
  readonly reason?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
}

const TOPIC_DEFAULT = 'hotsplit.dead-letters';
const TOGETHER_MAX = 500;
const ACKS_ALL = -1;
const EXCERPT_LENGTH = 80;

const NOTES = `
Each message goes back to the topic that it came from, with its key, bytes and headers as they were: mend what was wrong first, for
instance create the account. One that took effect meanwhile is not charged again; one that fails again is a new dead letter.
Nothing is deleted: the topic's own retention does that, and whatever is replayed again is sent again.`;

export function addDeadLetterCommands(program: Command, context: CommandContext): void {
  const letters = program
    .command('dead-letters')
    .description('Kafka messages that could not be read, or charged to anybody');
  addBrokerOption(letters.command('list').description('the dead letters, the oldest of each partition first'))
    .option(
      '--topic <topic>',
      `where they are (env HOTSPLIT_KAFKA_DEAD_LETTERS_TOPIC; default ${TOPIC_DEFAULT})`,
    )
    .option('--reason <code>', 'only those with this reason')
    .option('--limit <n>', 'no more than so many', wholeNumber(1, 1_000_000), 100)
    .action((options: ListOptions, command: Command) => list(options, command, context));
  addBrokerOption(letters.command('replay').description('send dead letters to where they came from'))
    .option(
      '--topic <topic>',
      `where they are (env HOTSPLIT_KAFKA_DEAD_LETTERS_TOPIC; default ${TOPIC_DEFAULT})`,
    )
    .option('--reason <code>', 'only those with this reason')
    .option('--to <topic>', 'send them to this topic instead')
    .option('--dry-run', 'count them and send nothing')
    .addHelpText('after', NOTES)
    .action((options: ReplayOptions, command: Command) => replay(options, command, context));
}

async function list(options: ListOptions, command: Command, context: CommandContext): Promise<void> {
  const { show } = globalsOf(command, context);
  const { messages } = await readTopic(brokersOf(options, context), topicOf(options, context));
  const shown: DeadLetter[] = [];
  let count = 0;
  for await (const message of messages) {
    const letter = deadLetterOf(message);
    if (!letter || (options.reason !== undefined && letter.reason !== options.reason)) continue;
    if ((count += 1) > options.limit) break;
    if (show.format === 'table') context.out.write(`${lineOf(letter)}\n`);
    else shown.push(letter);
  }
  const hasMore = count > options.limit;
  if (show.format === 'json') show.list(shown.map(view), {}, { hasMore });
  if (show.format === 'csv') show.list(shown, LETTER_COLUMNS);
  if (show.format !== 'json' && hasMore)
    context.err.write(`there are more: --limit ${options.limit} is reached\n`);
}

async function replay(options: ReplayOptions, command: Command, context: CommandContext): Promise<void> {
  const { json, show } = globalsOf(command, context);
  const brokers = brokersOf(options, context);
  const { length, messages } = await readTopic(brokers, topicOf(options, context));
  const stage = showProgress({ ...context, json })({ label: 'Replaying', unit: 'messages', total: length });
  const { Producer } = await import('@platformatic/kafka');
  const sending = new Sending(options.dryRun === true ? undefined : new Producer(brokers), options.to);
  const counts = { read: 0, replayed: 0, others: 0, withoutValue: 0 };
  try {
    for await (const message of messages) {
      stage.reached((counts.read += 1));
      const letter = deadLetterOf(message);
      if (!letter || (options.reason !== undefined && letter.reason !== options.reason)) counts.others += 1;
      else if (letter.isWithoutValue) counts.withoutValue += 1;
      else {
        await sending.add(letter);
        counts.replayed += 1;
      }
    }
    await sending.flush();
  } finally {
    stage.end();
    await sending.close();
  }
  show.document(counts, { text: () => summaryOf(counts, options.dryRun === true), fields: counts });
}

/** Sends letters to their topics, many at once, each batch acknowledged by all replicas before the next. */
class Sending {
  #waiting: DeadLetter[] = [];

  /** @param producer none sends nothing */
  constructor(
    private readonly producer: Producer | undefined,
    private readonly to: string | undefined,
  ) {}

  async add(letter: DeadLetter): Promise<void> {
    this.#waiting.push(letter);
    if (this.#waiting.length >= TOGETHER_MAX) await this.flush();
  }

  async flush(): Promise<void> {
    const some = this.#waiting;
    this.#waiting = [];
    if (some.length === 0) return;
    await this.producer?.send({
      acks: ACKS_ALL,
      messages: some.map(({ topic, key, value, headers }) => ({
        topic: this.to ?? topic,
        ...(key && { key }),
        ...(value && { value }),
        headers: new Map(headers.map(([name, said]) => [Buffer.from(name), said])),
      })),
    });
  }

  async close(): Promise<void> {
    await this.producer?.close().catch(() => undefined);
  }
}

function topicOf({ topic }: { readonly topic?: string }, { env }: CommandContext): string {
  return topic ?? env['HOTSPLIT_KAFKA_DEAD_LETTERS_TOPIC'] ?? TOPIC_DEFAULT;
}

function view({ reason, detail, topic, partition, offset, key, value, headers }: DeadLetter): object {
  return {
    reason,
    detail,
    topic,
    partition,
    offset,
    key: key?.toString() ?? null,
    valueBase64: value?.toString('base64') ?? null,
    headers: headers.map(([name, said]) => ({ name, value: String(said) })),
  };
}

const LETTER_COLUMNS: Columns<DeadLetter> = {
  topic: ({ topic }) => topic,
  partition: ({ partition }) => partition,
  offset: ({ offset }) => offset,
  reason: ({ reason }) => reason,
  detail: ({ detail }) => detail,
  key: ({ key }) => key?.toString(),
  'value base64': ({ value }) => value?.toString('base64'),
};

function lineOf({ reason, detail, topic, partition, offset, value }: DeadLetter): string {
  const excerpt = JSON.stringify((value ?? Buffer.alloc(0)).toString().slice(0, EXCERPT_LENGTH));
  return harmless([`${topic}/${partition}@${offset}`, reason, detail, excerpt].join('  '));
}

function summaryOf(
  {
    replayed,
    others,
    withoutValue,
  }: { readonly replayed: number; readonly others: number; readonly withoutValue: number },
  isDryRun: boolean,
): string {
  const lines = [`${replayed} dead letters ${isDryRun ? 'would be' : 'were'} replayed`];
  if (others > 0) lines.push(`${others} are others`);
  if (withoutValue > 0)
    lines.push(`${withoutValue} were too large to be kept: their bytes are in their topics only`);
  return `${lines.join('\n')}\n`;
}
