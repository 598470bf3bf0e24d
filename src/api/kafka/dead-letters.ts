import type { Producer } from '@platformatic/kafka';
import type { Problem } from '../../contract/problem';
import type { Surroundings } from '../../shards/surroundings';
import { Backoff } from '../../platform/kafka/backoff';
import { clientOptions, kafkaFault, type KafkaLibrary } from '../../platform/kafka/kafka-client';
import type { KafkaMetrics } from '../../platform/kafka/kafka-metrics';
import type { KafkaSettings } from '../../platform/kafka/kafka-settings';
import type { StructuredLog } from '../../platform/structured-log';
import type { TopicMessage } from './topic-message';

const TOGETHER_MAX = 500;
const PAUSES = { firstMs: 200, msMax: 10_000 };
const ACKS_ALL = -1;

/** What says of a dead letter why it is one, and where it was: the last headers of the message, in this order. */
export const DEAD_LETTER_HEADERS = ['reason', 'detail', 'topic', 'partition', 'offset'] as const;

export interface DeadLetterParts {
  readonly kafka: KafkaLibrary;
  readonly settings: Pick<KafkaSettings, 'connection' | 'deadLettersTopic'>;
  readonly surroundings: Pick<Surroundings, 'random' | 'sleep'>;
  readonly metrics: Pick<KafkaMetrics, 'died'>;
  readonly log: Pick<StructuredLog, 'warn' | 'info'>;
}

interface Waiting {
  readonly message: TopicMessage;
  readonly problem: Problem;
  readonly signal: AbortSignal;
  readonly resolve: (isWritten: boolean) => void;
  /** The broker takes no message of this size: the bytes stay where they are. */
  withoutValue: boolean;
}

/**
 * Writes what could not be read, or charged to anybody, to the topic of dead letters: the message as it was, with the reason
 * and its place in further headers. The partition goes on when the brokers have acknowledged that, and not before.
 */
export class DeadLetters {
  #producer: Producer | undefined;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #isFailing = false;

  constructor(private readonly parts: DeadLetterParts) {}

  /** Never rejects. @returns whether it is acknowledged; false when the signal came first */
  send(message: TopicMessage, problem: Problem, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ message, problem, signal, resolve, withoutValue: false });
      if (!this.#isWriting) void this.#write();
    });
  }

  /** After all who send have given up. */
  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch(() => undefined);
  }

  async #write(): Promise<void> {
    const { random, sleep } = this.parts.surroundings;
    const backoff = new Backoff(PAUSES, random);
    this.#isWriting = true;
    // What arrives in this turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0, TOGETHER_MAX).filter((each) => !isGivenUp(each));
      if (some.length === 0) continue;
      const failed = await this.#sent(some);
      this.#waiting.unshift(...failed);
      if (failed.length === 0) backoff.reset();
      else await sleep(backoff.nextMs(), AbortSignal.any(failed.map(({ signal }) => signal)));
    }
    this.#isWriting = false;
  }

  /** @returns those that are to be tried again */
  async #sent(some: readonly Waiting[]): Promise<readonly Waiting[]> {
    try {
      await this.#open().send({ messages: some.map((each) => this.#letter(each)), acks: ACKS_ALL });
    } catch (error) {
      if (isTooLarge(this.parts.kafka, error)) return this.#splitUp(some);
      this.#noteFailure(error);
      return some;
    }
    if (this.#isFailing) this.parts.log.info('dead letters are written again');
    this.#isFailing = false;
    for (const { message, problem, resolve } of some) {
      this.parts.metrics.died(message.topic, problem.code);
      resolve(true);
    }
    return [];
  }

  async #splitUp(some: readonly Waiting[]): Promise<readonly Waiting[]> {
    const [one] = some;
    if (one && some.length === 1) {
      one.withoutValue = true;
      return this.#sent(some);
    }
    const half = Math.ceil(some.length / 2);
    return [...(await this.#sent(some.slice(0, half))), ...(await this.#sent(some.slice(half)))];
  }

  #open(): Producer {
    this.#producer ??= new this.parts.kafka.Producer({
      ...clientOptions(this.parts.settings.connection),
      autocreateTopics: true,
    });
    return this.#producer;
  }

  #letter({ message, problem, withoutValue }: Waiting) {
    const { topic, partition, offset, key, value, headers } = message;
    const detail = withoutValue ? `${detailOf(problem)} (too large to be kept here)` : detailOf(problem);
    const about = [problem.code, detail, topic, String(partition), String(offset)];
    // Buffers are keys by what they are, not by what is in them, so names may come twice.
    const all = new Map(headers.map(([name, said]) => [name ?? Buffer.alloc(0), said ?? Buffer.alloc(0)]));
    DEAD_LETTER_HEADERS.forEach((name, n) => all.set(Buffer.from(name), Buffer.from(about[n] ?? '')));
    return {
      topic: this.parts.settings.deadLettersTopic,
      ...(key && { key }),
      ...(value && !withoutValue && { value }),
      headers: all,
    };
  }

  #noteFailure(error: unknown): void {
    if (!this.#isFailing)
      this.parts.log.warn('dead letters cannot be written; the partitions that they are from wait', {
        topic: this.parts.settings.deadLettersTopic,
        reason: kafkaFault(error),
      });
    this.#isFailing = true;
  }
}

function isGivenUp({ signal, resolve }: Waiting): boolean {
  if (signal.aborted) resolve(false);
  return signal.aborted;
}

function isTooLarge({ findErrorBy }: KafkaLibrary, error: unknown): boolean {
  const about = error instanceof Error ? error : null;
  return (
    findErrorBy(about, 'apiId', 'MESSAGE_TOO_LARGE') !== null ||
    findErrorBy(about, 'apiId', 'RECORD_LIST_TOO_LARGE') !== null
  );
}

function detailOf({ message, extras }: Problem): string {
  const { errors, incident } = extras;
  if (errors)
    return errors
      .map(({ field, rule }) => `${field}: ${rule}`)
      .join('; ')
      .slice(0, 500);
  return incident === undefined ? message : `${message} (${incident})`;
}
