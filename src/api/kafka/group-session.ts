import type { Consumer, GroupAssignment } from '@platformatic/kafka';
import { clientOptions, kafkaFault, type KafkaLibrary } from '../../platform/kafka/kafka-client';
import type { KafkaMetrics } from '../../platform/kafka/kafka-metrics';
import type { KafkaSettings } from '../../platform/kafka/kafka-settings';
import type { StructuredLog } from '../../platform/structured-log';
import type { ReachAnyPoint } from '../../platform/test-faults';
import { PartitionWork, type PartitionParts } from './partition-work';
import { type FetchResponse, recordsOf } from './records-of';
import type { TopicMessage } from './topic-message';

const COMMIT_MS = 200;
const LOOK_MS = 5_000;
const FETCH_WAIT_MS_MAX = 500;
const PARTITION_BYTES_MAX = 512 * 1024;
const FETCH_BYTES_MAX = 16 * 1024 * 1024;
const REQUEST_MS_MAX = 30_000;
const LEAVE_MS_MAX = 2_000;
/** For how long what is under way at the end may come to its end, so that it is committed. */
const LAST_MS_MAX = 5_000;

export interface SessionParts {
  readonly kafka: KafkaLibrary;
  readonly settings: KafkaSettings;
  readonly settle: PartitionParts['settle'];
  readonly reach: ReachAnyPoint;
  readonly metrics: KafkaMetrics;
  readonly log: Pick<StructuredLog, 'warn' | 'info' | 'error'>;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly joined: () => void;
}

/**
 * One membership in the consumer group, from joining it to leaving it or to the first failure that the library does not get
 * over by itself; then another session begins from scratch.
 *
 *   joins → is assigned partitions → fetches, settles, commits → is assigned others … → leaves
 *
 * An assignment begins at the offsets that the group has committed, whatever was under way before: what is delivered twice is
 * charged once. So a session never has to know whether a partition was somebody else's in between. What it commits is always
 * true, also when it comes late: everything before such an offset is settled.
 */
export class GroupSession {
  readonly #group: Consumer;
  /** Fetches wait at the broker, and would hold up heartbeats and commits on the same connection. */
  readonly #fetcher: Consumer;
  readonly #failed = new AbortController();
  #works: readonly PartitionWork[] = [];
  readonly #fetchingFrom = new Set<number>();
  #assigning: Promise<void> = Promise.resolve();
  #committing: Promise<void> | undefined;
  #partitionCounts = '';
  #missing = '';
  #generation = 0;

  constructor(private readonly parts: SessionParts) {
    const { connection, group: groupId, sessionMs } = parts.settings;
    const options = {
      ...clientOptions(connection),
      groupId,
      autocommit: false,
      requestTimeout: REQUEST_MS_MAX,
      sessionTimeout: sessionMs,
      rebalanceTimeout: Math.max(sessionMs, REQUEST_MS_MAX - 10_000),
      heartbeatInterval: Math.max(100, Math.floor(sessionMs / 4)),
      heartbeatStallTimeout: sessionMs * 2,
      maxWaitTime: FETCH_WAIT_MS_MAX,
      maxBytes: FETCH_BYTES_MAX,
    };
    this.#group = new parts.kafka.Consumer(options);
    this.#fetcher = new parts.kafka.Consumer(options);
  }

  /** Resolves once the signal has come and what was settled is committed. Rejects when the session has failed. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#failed.signal]);
    try {
      await this.#join(ended);
      await Promise.all([
        this.#every(COMMIT_MS, ended, () => this.#commit()),
        this.#every(LOOK_MS, ended, () => this.#look()),
      ]);
      if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
      await this.#finish();
    } finally {
      for (const work of this.#works) work.end();
      this.parts.metrics.connected(false);
      this.parts.metrics.partitions([]);
      await this.#close();
    }
  }

  async #join(ended: AbortSignal): Promise<void> {
    this.#group.on('consumer:group:join', ({ assignments, generationId }) => {
      this.#generation = generationId ?? this.#generation + 1;
      this.#assigning = this.#assign(assignments ?? [], this.#generation).catch((error: unknown) => {
        this.#fail(error);
      });
    });
    // A rejoin in the background that came to nothing: no heartbeat follows.
    this.#group.on('error', (error: unknown) => {
      this.#fail(error);
    });
    this.#group.on('consumer:heartbeat:stalled', ({ lastError }) => {
      this.#fail(lastError ?? new Error('the group has not answered for too long'));
    });
    this.#fetcher.on('error', (error: unknown) => {
      this.#fail(error);
    });
    await this.#findTopics();
    while (this.#group.topics.size === 0) {
      await this.parts.sleep(LOOK_MS, ended);
      if (ended.aborted) return;
      await this.#findTopics();
    }
    await this.#group.joinGroup({});
    await this.#assigning;
    if (ended.aborted) return;
    this.parts.metrics.connected(true);
    this.parts.joined();
  }

  /** Begins anew with what the group has assigned. */
  async #assign(assignments: readonly GroupAssignment[], generation: number): Promise<void> {
    const before = this.#works;
    this.#works = [];
    await this.#committing;
    await this.#commitOf(before.filter((work) => isAssigned(assignments, work)));
    for (const work of before) work.end();
    const topics = assignments.filter(({ partitions }) => partitions.length > 0);
    for (const { topic } of topics) this.#fetcher.topics.track(topic);
    const works: PartitionWork[] = [];
    if (topics.length > 0) {
      const committed = await this.#group.listCommittedOffsets({
        topics: topics.map((each) => ({ ...each })),
      });
      for (const { topic, partitions } of topics)
        for (const partition of partitions) {
          const known = committed.get(topic)?.[partition];
          const offset =
            known !== undefined && known >= 0n ? known : await this.#firstOffset(topic, partition);
          works.push(this.#workOn(topic, partition, offset));
        }
    }
    if (generation !== this.#generation) return;
    this.#works = works;
    this.parts.log.info('partitions were assigned', { partitions: works.length, generation });
    this.#pump();
  }

  #workOn(topic: string, partition: number, offset: bigint): PartitionWork {
    const { settle, settings } = this.parts;
    return new PartitionWork({
      topic,
      partition,
      offset,
      inFlightMax: settings.inFlightMax,
      settle: (message: TopicMessage, signal) => settle(message, signal),
      cameForward: () => {
        this.#pump();
      },
    });
  }

  async #firstOffset(topic: string, partition: number): Promise<bigint> {
    const timestamp = this.parts.kafka.ListOffsetTimestamps.EARLIEST;
    const offsets = await this.#fetcher.listOffsets({
      topics: [topic],
      partitions: { [topic]: [partition] },
      timestamp,
    });
    return offsets.get(topic)?.[partition] ?? 0n;
  }

  /** Fetches from every broker that leads partitions with room, and from which nothing is being fetched. */
  #pump(): void {
    if (this.#failed.signal.aborted || this.#works.length === 0) return;
    const leaders = this.#fetcher.currentMetadata?.topics;
    const wanted = new Map<number, PartitionWork[]>();
    for (const work of this.#works) {
      if (work.fetchFrom === undefined) continue;
      const leader = leaders?.get(work.topic)?.partitions[work.partition]?.leader;
      // Unknown as yet: any broker is asked, which makes the library read who leads what.
      if (leader === undefined || this.#fetchingFrom.has(leader)) continue;
      const some = wanted.get(leader);
      if (some) some.push(work);
      else wanted.set(leader, [work]);
    }
    for (const [leader, works] of wanted) void this.#fetch(leader, works);
  }

  async #fetch(leader: number, works: readonly PartitionWork[]): Promise<void> {
    this.#fetchingFrom.add(leader);
    const wanted = works.map((work) => ({ work, from: work.fetchFrom ?? 0n }));
    try {
      this.#take(wanted, await this.#fetchOnce(leader, wanted));
    } catch (error) {
      await this.#afterFailedFetch(wanted, error);
    } finally {
      this.#fetchingFrom.delete(leader);
    }
    // Not in this turn: heartbeats and outcomes come first.
    setImmediate(() => {
      this.#pump();
    });
  }

  async #fetchOnce(leader: number, wanted: readonly Wanted[]): Promise<FetchResponse> {
    const metadata = await this.#fetcher.metadata({
      topics: [...new Set(wanted.map(({ work }) => work.topic))],
    });
    const byTopic = Map.groupBy(wanted, ({ work }) => work.topic);
    return this.#fetcher.fetch({
      node: leader,
      topics: [...byTopic].map(([topic, some]) => ({
        topicId: metadata.topics.get(topic)?.id ?? '',
        partitions: some.map(({ work, from }) => ({
          partition: work.partition,
          fetchOffset: from,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
          partitionMaxBytes: PARTITION_BYTES_MAX,
        })),
      })),
    });
  }

  #take(wanted: readonly Wanted[], { responses }: FetchResponse): void {
    const topics = this.#fetcher.currentMetadata?.topics;
    for (const { work, from } of wanted) {
      const id = topics?.get(work.topic)?.id;
      const found = responses
        .find(({ topicId }) => topicId === id)
        ?.partitions.find(({ partitionIndex }) => partitionIndex === work.partition);
      if (found) work.add(from, recordsOf({ topic: work.topic, partition: work.partition, from }, found));
    }
  }

  async #afterFailedFetch(wanted: readonly Wanted[], error: unknown): Promise<void> {
    if (this.parts.kafka.findErrorBy(asError(error), 'apiId', 'OFFSET_OUT_OF_RANGE') === null) {
      this.#fail(error);
      return;
    }
    for (const { work, from } of wanted) {
      const first = await this.#firstOffset(work.topic, work.partition).catch(() => undefined);
      if (first === undefined || first <= from) continue;
      const { topic, partition } = work;
      this.parts.log.error('messages were deleted by the broker before they were read', {
        topic,
        partition,
        messages: String(first - from),
      });
      work.skipTo(first);
    }
  }

  /** One commit at a time. */
  async #commit(): Promise<void> {
    this.#committing ??= this.#commitOf(this.#works).finally(() => {
      this.#committing = undefined;
    });
    await this.#committing;
  }

  async #commitOf(works: readonly PartitionWork[]): Promise<void> {
    const due = works.filter((work) => work.hasToCommit).map((work) => ({ work, offset: work.committable }));
    if (due.length === 0) return;
    await this.parts.reach('kafka.settled');
    const { metrics } = this.parts;
    try {
      await this.#group.commit({
        offsets: due.map(({ work: { topic, partition }, offset }) => ({
          topic,
          partition,
          offset,
          leaderEpoch: -1,
        })),
      });
    } catch (error) {
      metrics.committed('failed');
      throw error;
    }
    metrics.committed('taken');
    for (const { work, offset } of due) work.committed(offset);
  }

  /** What has changed about the topics, and how far they are ahead. */
  async #look(): Promise<void> {
    const before = this.#partitionCounts;
    await this.#findTopics();
    // The leader of the group deals the partitions anew when it joins again; from others the group does not mind.
    if (this.#partitionCounts !== before) await this.#group.joinGroup({});
    await this.#assigning;
    await this.#measure();
  }

  async #findTopics(): Promise<void> {
    const { intakeTopics } = this.parts.settings;
    const counts: string[] = [];
    const missing: string[] = [];
    for (const topic of intakeTopics) {
      const count = await this.#partitionCount(topic);
      if (count === undefined) missing.push(topic);
      else {
        counts.push(`${topic} ${count}`);
        this.#group.topics.track(topic);
        this.#fetcher.topics.track(topic);
      }
    }
    if (missing.join() !== this.#missing && missing.length > 0)
      this.parts.log.warn('topics to charge messages from do not exist; they are looked for again', {
        topics: missing,
      });
    this.#missing = missing.join();
    this.#partitionCounts = counts.join();
  }

  /** `undefined` for a topic that does not exist. */
  async #partitionCount(topic: string): Promise<number | undefined> {
    try {
      // A topic that is not there is asked for again soon enough.
      const tries = this.#fetcher.topics.has(topic) ? {} : { retries: 0 };
      const { topics } = await this.#fetcher.metadata({ topics: [topic], forceUpdate: true, ...tries });
      return topics.get(topic)?.partitionsCount;
    } catch (error) {
      if (error instanceof this.parts.kafka.UserError && error.message.startsWith('Unknown topic'))
        return undefined;
      throw error;
    }
  }

  async #measure(): Promise<void> {
    const works = this.#works;
    const byTopic = Map.groupBy(works, ({ topic }) => topic);
    if (works.length === 0) return;
    const ends = await this.#fetcher.listOffsets({
      topics: [...byTopic.keys()],
      partitions: Object.fromEntries(
        [...byTopic].map(([topic, some]) => [topic, some.map(({ partition }) => partition)]),
      ),
      timestamp: this.parts.kafka.ListOffsetTimestamps.LATEST,
    });
    this.parts.metrics.partitions(
      works.map(({ topic, partition, committable, unsettled }) => {
        const end = ends.get(topic)?.[partition] ?? committable;
        return { topic, partition, unsettled, lag: Math.max(0, Number(end - committable)) };
      }),
    );
  }

  /** Nothing is fetched any more. What is under way may still come to its end, and is committed. */
  async #finish(): Promise<void> {
    const works = this.#works;
    this.#works = [];
    const late = AbortSignal.timeout(LAST_MS_MAX);
    while (works.some((work) => work.unsettled > 0) && !late.aborted) await this.parts.sleep(20, late);
    await this.#committing?.catch(() => undefined);
    await this.#commitOf(works).catch((error: unknown) => {
      this.parts.log.warn('the last offsets could not be committed; these messages are delivered again', {
        reason: kafkaFault(error),
      });
    });
    for (const work of works) work.end();
  }

  async #every(ms: number, ended: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!ended.aborted) {
      try {
        await work();
      } catch (error) {
        this.#fail(error);
      }
      await this.parts.sleep(ms, ended);
    }
  }

  #fail(error: unknown): void {
    this.#failed.abort(error);
  }

  async #close(): Promise<void> {
    const closed = Promise.allSettled([this.#group.close(true), this.#fetcher.close(true)]);
    await Promise.race([closed, this.parts.sleep(LEAVE_MS_MAX)]);
  }
}

interface Wanted {
  readonly work: PartitionWork;
  readonly from: bigint;
}

function isAssigned(assignments: readonly GroupAssignment[], { topic, partition }: PartitionWork): boolean {
  return assignments.some((each) => each.topic === topic && each.partitions.includes(partition));
}

function asError(error: unknown): Error | null {
  return error instanceof Error ? error : null;
}
