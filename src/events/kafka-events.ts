import type { Producer } from '@platformatic/kafka';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { eventView } from '../contract/events';
import type { DurableCursor } from '../engine/feed/durable-cursor';
import { type FeedEvent, frameOf } from '../engine/feed/feed-event';
import type { FeedPage, FeedStart } from '../engine/feed/feed-reader';
import { EngineRuntime } from '../engine/runtime';
import { Backoff } from '../platform/kafka/backoff';
import { clientOptions, kafkaFault, loadKafka } from '../platform/kafka/kafka-client';
import { KafkaMetrics } from '../platform/kafka/kafka-metrics';
import type { KafkaSettings } from '../platform/kafka/kafka-settings';
import { Settings } from '../platform/settings';
import { StructuredLog } from '../platform/structured-log';
import { faultsOf, type ReachAnyPoint } from '../platform/test-faults';
import { EventsService } from './events.service';

export const KAFKA_EVENTS_LEASE_MS = 10_000;
const PAGE_EVENTS = 1_000;
const PAUSES = { firstMs: 200, msMax: 10_000 };
const ACKS_ALL = -1;
const CONTENT_TYPE = Buffer.from('content-type');
/** CloudEvents' binding for Kafka, structured mode: the value is the event as every other reader gets it. */
const CLOUD_EVENT = Buffer.from('application/cloudevents+json; charset=UTF-8');

/**
 * Publishes the feed to a topic, at one instance at a time: a page is sent, acknowledged by all replicas, and only then the cursor
 * is moved behind it, in the directory. Whoever dies in between, its page is published again.
 */
@Injectable()
export class KafkaEvents implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  readonly #reach: ReachAnyPoint = faultsOf(process.env['HOTSPLIT_TEST_FAULT']) ?? (() => undefined);
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(
    private readonly settings: Settings,
    private readonly runtime: EngineRuntime,
    private readonly events: EventsService,
    private readonly metrics: KafkaMetrics,
    private readonly log: StructuredLog,
  ) {}

  onApplicationBootstrap(): void {
    const { kafka } = this.settings;
    if (kafka?.eventsTopic !== undefined && this.runtime.feed)
      this.#running = this.#run(kafka, kafka.eventsTopic);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run({ connection }: KafkaSettings, topic: string): Promise<void> {
    const { Producer } = await loadKafka();
    const { surroundings } = this.runtime;
    const { signal } = this.#stopping;
    const cursor = this.runtime.durableCursor('kafka events', KAFKA_EVENTS_LEASE_MS);
    const producer = new Producer({ ...clientOptions(connection), autocreateTopics: true });
    const backoff = new Backoff(PAUSES, () => surroundings.random());
    while (!signal.aborted) {
      try {
        await this.#publishNext(cursor, producer, topic);
        if (this.#isFailing) this.log.info('events are published to Kafka again', { topic });
        this.#isFailing = false;
        backoff.reset();
      } catch (error) {
        this.#noteFailure(topic, error);
        await surroundings.sleep(backoff.nextMs(), signal);
      }
    }
    await producer.close().catch(() => undefined);
  }

  async #publishNext(cursor: DurableCursor, producer: Producer, topic: string): Promise<void> {
    const { surroundings, feed } = this.runtime;
    const { signal } = this.#stopping;
    const start = await cursor.take();
    if (start === undefined || !feed) {
      this.metrics.published(0, 0);
      await surroundings.sleep(KAFKA_EVENTS_LEASE_MS / 4, signal);
      return;
    }
    const page = await this.#pageFrom(start);
    if (page.events.length > 0) {
      await this.#send(producer, topic, page.events);
      await this.#reach('kafka.published');
    }
    const isOurs = await cursor.advance(page.cursor);
    this.metrics.published(page.events.length, page.hasMore ? this.#ageOf(page.events.at(-1)) : 0);
    if (!isOurs || page.hasMore) return;
    // The lease is prolonged by whoever looks again before it is over.
    await feed.watch.beyond(
      page.cursor,
      AbortSignal.any([signal, AbortSignal.timeout(KAFKA_EVENTS_LEASE_MS / 4)]),
    );
  }

  async #pageFrom(start: FeedStart): Promise<Extract<FeedPage, { kind: 'page' }>> {
    const { feed } = this.runtime;
    if (!feed) throw new RangeError('there is no feed to publish');
    const asked = { limit: PAGE_EVENTS, wants: () => true };
    const page = await feed.reader.read({ ...asked, start });
    if (page.kind === 'page') return page;
    this.log.error(
      'events were deleted before they were published to Kafka: it was away for longer than they are kept',
      {
        shard: page.source,
      },
    );
    const oldest = await feed.reader.read({ ...asked, start: 'oldest' });
    if (oldest.kind === 'page') return oldest;
    throw new RangeError(`the oldest events of ${oldest.source} cannot be read`);
  }

  async #send(producer: Producer, topic: string, events: readonly FeedEvent[]): Promise<void> {
    const source = await this.events.source();
    await producer.send({
      acks: ACKS_ALL,
      messages: events.map((event) => ({
        topic,
        // Events of one account are in one partition, so they keep their order.
        key: Buffer.from(frameOf(event).subject),
        value: Buffer.from(JSON.stringify(eventView(event, source))),
        headers: new Map([[CONTENT_TYPE, CLOUD_EVENT]]),
      })),
    });
  }

  #ageOf(event: FeedEvent | undefined): number {
    if (!event) return 0;
    return Math.max(0, this.runtime.surroundings.wallMs() / 1_000 - frameOf(event).atUs / 1_000_000);
  }

  #noteFailure(topic: string, error: unknown): void {
    if (!this.#isFailing)
      this.log.warn('events cannot be published to Kafka just now; they wait in the feed', {
        topic,
        reason: kafkaFault(error),
      });
    this.#isFailing = true;
  }
}
