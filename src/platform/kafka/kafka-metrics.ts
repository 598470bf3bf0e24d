import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../metrics';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly lag: number;
  readonly unsettled: number;
}

/** What is shown of Kafka. */
@Injectable()
export class KafkaMetrics {
  readonly #messages: Counter;
  readonly #deadLetters: Counter;
  readonly #commits: Counter;
  readonly #connected: Gauge;
  readonly #lag: Gauge;
  readonly #inFlight: Gauge;
  readonly #events: Counter;
  readonly #eventsBehind: Gauge;

  constructor(readonly observer: Metrics) {
    const registers = [observer.registry];
    this.#messages = new Counter({
      name: 'hotsplit_kafka_messages_total',
      help: 'Messages of a topic whose outcomes are durable: `charged`; `replayed` (charged before); `received` (refused, and ended by the intake as a rejection, or so before); `dead` (a dead letter).',
      labelNames: ['topic', 'result'],
      registers,
    });
    this.#deadLetters = new Counter({
      name: 'hotsplit_kafka_dead_letters_total',
      help: 'Messages that became dead letters, by the code of why.',
      labelNames: ['topic', 'reason'],
      registers,
    });
    this.#commits = new Counter({
      name: 'hotsplit_kafka_commits_total',
      help: 'Commits of offsets, and whether the broker took them.',
      labelNames: ['result'],
      registers,
    });
    this.#connected = new Gauge({
      name: 'hotsplit_kafka_connected',
      help: '1 while this instance is a member of the consumer group, 0 while it is not: the brokers are away, or nobody asked for it.',
      aggregator: 'min',
      registers,
    });
    this.#lag = new Gauge({
      name: 'hotsplit_kafka_lag',
      help: 'Messages of a partition behind the offset before which everything is settled, of the partitions that this instance has; asked for every 5 s.',
      labelNames: ['topic', 'partition'],
      aggregator: 'max',
      registers,
    });
    this.#inFlight = new Gauge({
      name: 'hotsplit_kafka_in_flight',
      help: 'Messages of a partition that were taken and whose outcomes are not durable; with HOTSPLIT_KAFKA_IN_FLIGHT_MAX the partition is not read on.',
      labelNames: ['topic', 'partition'],
      aggregator: 'max',
      registers,
    });
    this.#events = new Counter({
      name: 'hotsplit_kafka_events_published_total',
      help: 'Events that the brokers have acknowledged; one that was published twice counts twice.',
      registers,
    });
    this.#eventsBehind = new Gauge({
      name: 'hotsplit_kafka_events_behind_seconds',
      help: 'How old the last event was when it was published, while more were behind it; 0 when none was, and at instances that do not publish.',
      aggregator: 'max',
      registers,
    });
  }

  published(events: number, behindSeconds: number): void {
    this.#events.inc(events);
    this.#eventsBehind.set(behindSeconds);
  }

  settled(topic: string, result: 'charged' | 'replayed' | 'received' | 'dead'): void {
    this.#messages.inc({ topic, result });
  }

  died(topic: string, reason: string): void {
    this.#deadLetters.inc({ topic, reason });
  }

  committed(result: 'taken' | 'failed'): void {
    this.#commits.inc({ result });
  }

  connected(isConnected: boolean): void {
    this.#connected.set(isConnected ? 1 : 0);
  }

  /** Of all partitions that this instance has now. */
  partitions(all: readonly PartitionLag[]): void {
    this.#lag.reset();
    this.#inFlight.reset();
    for (const { topic, partition, lag, unsettled } of all) {
      this.#lag.set({ topic, partition }, lag);
      this.#inFlight.set({ topic, partition }, unsettled);
    }
  }
}
