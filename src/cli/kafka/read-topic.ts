import type { BaseOptions, Consumer } from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import { OperatorFault } from '../faults';

export interface TopicMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

export interface TopicRead {
  /** Offsets between the first and the last message; a few of them may hold none. */
  readonly length: number;
  readonly messages: AsyncGenerator<TopicMessage>;
}

const FETCH_WAIT_MS_MAX = 300;

/** Everything that a topic has when this is called, partition by partition as it comes. */
export async function readTopic(brokers: BaseOptions, topic: string): Promise<TopicRead> {
  // Loaded where it is needed: every other command does without.
  const { Consumer, ListOffsetTimestamps } = await import('@platformatic/kafka');
  const consumer = new Consumer({ ...brokers, groupId: `hotsplit-cli-${randomUUID()}`, autocommit: false });
  try {
    const listed = async (timestamp: bigint): Promise<readonly bigint[]> =>
      (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic) ?? [];
    const ends = await listed(ListOffsetTimestamps.LATEST);
    const firsts = await listed(ListOffsetTimestamps.EARLIEST);
    const length = ends.reduce((sum, end, partition) => sum + Number(end - (firsts[partition] ?? 0n)), 0);
    return { length, messages: messagesOf(consumer, topic, ends, length === 0) };
  } catch (error) {
    await consumer.close(true);
    const isMissing = error instanceof Error && error.message.startsWith('Unknown topic');
    throw isMissing ? new OperatorFault(`there is no topic ${topic}`) : error;
  }
}

async function* messagesOf(
  consumer: Consumer,
  topic: string,
  ends: readonly bigint[],
  isEmpty: boolean,
): AsyncGenerator<TopicMessage> {
  try {
    if (isEmpty) return;
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'earliest',
      maxWaitTime: FETCH_WAIT_MS_MAX,
    });
    // The stream itself has no end. It has come to the one that was asked for when it would fetch from behind it everywhere.
    stream.on('fetch', () => {
      const isDone = ends.every(
        (end, partition) => (stream.offsetsToFetch.get(`${topic}:${partition}`) ?? 0n) >= end,
      );
      if (isDone) void stream.close();
    });
    for await (const { partition, offset, key, value, headerEntries } of stream) {
      if (offset >= (ends[partition] ?? 0n)) continue;
      const headers = headerEntries.map(([name, said]) => [String(name), said] as const);
      yield { partition, offset, key, value, headers };
    }
  } finally {
    await consumer.close(true).catch(() => undefined);
  }
}
