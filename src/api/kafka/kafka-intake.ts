import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EngineRuntime } from '../../engine/runtime';
import { Backoff } from '../../platform/kafka/backoff';
import { kafkaFault, loadKafka } from '../../platform/kafka/kafka-client';
import { KafkaMetrics } from '../../platform/kafka/kafka-metrics';
import type { KafkaSettings } from '../../platform/kafka/kafka-settings';
import { Settings } from '../../platform/settings';
import { StructuredLog } from '../../platform/structured-log';
import { faultsOf } from '../../platform/test-faults';
import { DeadLetters } from './dead-letters';
import { GroupSession } from './group-session';
import { MessageCharges } from './message-charges';

const PAUSES = { firstMs: 200, msMax: 5_000 };
/** A session that lasted for so long was one: the next failure begins with short pauses again. */
const LASTED_MS_MIN = 30_000;

/** Charges the messages of the user's own topics. While the brokers are away, everything else of the service goes on. */
@Injectable()
export class KafkaIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly runtime: EngineRuntime,
    private readonly metrics: KafkaMetrics,
    private readonly log: StructuredLog,
  ) {}

  onApplicationBootstrap(): void {
    const { kafka } = this.settings;
    if (kafka && kafka.intakeTopics.length > 0) this.#running = this.#run(kafka);
  }

  /** Before the engine stops: what is under way comes to its end and is committed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(settings: KafkaSettings): Promise<void> {
    const kafka = await loadKafka();
    const { runtime, metrics, log } = this;
    const { surroundings } = runtime;
    const { signal } = this.#stopping;
    const backoff = new Backoff(PAUSES, () => surroundings.random());
    const deadLetters = new DeadLetters({ kafka, settings, surroundings, metrics, log });
    const charges = new MessageCharges({ runtime, deadLetters, metrics });
    const reach = faultsOf(process.env['HOTSPLIT_TEST_FAULT']) ?? (() => undefined);
    let isAway = false;
    while (!signal.aborted) {
      const startedAt = surroundings.now();
      try {
        const session = new GroupSession({
          kafka,
          settings,
          metrics,
          log,
          reach,
          settle: (message, ended) => charges.settle(message, ended),
          sleep: (ms, ended) => surroundings.sleep(ms, ended),
          joined: () => {
            if (isAway) log.info('the brokers of Kafka answer again');
            isAway = false;
          },
        });
        await session.run(signal);
      } catch (error) {
        if (!isAway)
          log.warn('the brokers of Kafka cannot be used; messages wait there', { reason: kafkaFault(error) });
        isAway = true;
        if (surroundings.now() - startedAt > LASTED_MS_MIN) backoff.reset();
        await surroundings.sleep(backoff.nextMs(), signal);
      }
    }
    await deadLetters.close();
  }
}
