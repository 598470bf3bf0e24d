import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './eventually';

interface Script {
  readonly startServers: (wanted: { kafka: number }) => Promise<{
    readonly servers: {
      readonly kafka: readonly { readonly port: number; readonly url: string; readonly pid: number }[];
      readonly unavailable: { readonly kafka?: string };
    };
    readonly stop: () => Promise<void>;
    readonly startAgain: (port: number) => Promise<number>;
  }>;
}

/** A message to produce: strings are UTF-8. */
export interface TestMessage {
  readonly key?: string;
  readonly value?: string | Buffer;
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message that was read back. */
export interface ReadMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly value: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const TRIES = { retries: 100, retryDelay: 100 };
const ACKS_ALL = -1;

/** Why there is no Kafka here; undefined if there is one, or it can be brought. */
export function kafkaUnavailable(): string | undefined {
  return process.env['HOTSPLIT_TEST_KAFKA_UNAVAILABLE'];
}

/** A Kafka of a test's own, gone with the test at the latest. */
export class KafkaBroker {
  readonly #admin: Admin;
  readonly #producer: Producer;

  private constructor(
    readonly address: string,
    private readonly server: {
      pid: number;
      readonly stop: () => Promise<void>;
      readonly startAgain: () => Promise<number>;
    },
  ) {
    const options = { clientId: 'test', bootstrapBrokers: [address], ...TRIES };
    this.#admin = new Admin(options);
    this.#producer = new Producer(options);
  }

  static async start(): Promise<KafkaBroker> {
    const file = resolve(__dirname, '../../scripts/servers/start-servers.mjs');
    const { startServers } = (await import(pathToFileURL(file).href)) as Script;
    const { servers, stop, startAgain } = await startServers({ kafka: 1 });
    const [kafka] = servers.kafka;
    if (!kafka) {
      await stop();
      throw new Error(servers.unavailable.kafka);
    }
    const { port, url, pid } = kafka;
    return new KafkaBroker(url, { pid, stop, startAgain: () => startAgain(port) });
  }

  async makeTopic(topic: string, partitions: number): Promise<void> {
    await this.#admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    // The broker chooses where they are when nothing is said, for which the library's types have no word.
    const assignments = null as unknown as [];
    await this.#admin.createPartitions({ topics: [{ name: topic, count, assignments }] });
  }

  /** Resolves once the broker has acknowledged all of them. */
  async produce(topic: string, messages: readonly TestMessage[]): Promise<void> {
    await this.#producer.send({
      acks: ACKS_ALL,
      messages: messages.map(({ key, value, partition, headers = {} }) => ({
        topic,
        ...(key !== undefined && { key: Buffer.from(key) }),
        ...(value !== undefined && { value: Buffer.from(value as string) }),
        ...(partition !== undefined && { partition }),
        headers: new Map(
          Object.entries(headers).map(([name, said]) => [Buffer.from(name), Buffer.from(said)]),
        ),
      })),
    });
  }

  /** How many messages each partition has ever had. */
  ends(topic: string): Promise<readonly bigint[]> {
    return this.#asked(
      async (consumer) => (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [],
    );
  }

  /** What a group has committed, partition by partition; -1 where nothing is. */
  committed(group: string, topic: string, partitions: number): Promise<readonly bigint[]> {
    return this.#asked(async (consumer) => {
      const all = Array.from({ length: partitions }, (_, partition) => partition);
      const found = await consumer.listCommittedOffsets({ topics: [{ topic, partitions: all }] });
      return found.get(topic) ?? [];
    }, group);
  }

  /** Waits until a group has committed all that its topic has. */
  async whenCommitted(group: string, topic: string): Promise<void> {
    await eventually(`the group ${group} having committed ${topic}`, async () => {
      const ends = await this.ends(topic);
      const committed = await this.committed(group, topic, ends.length);
      return ends.every((end, partition) => committed[partition] === (end === 0n ? -1n : end) || undefined)
        ? true
        : undefined;
    });
  }

  /** Everything that a topic has now; nothing of one that does not exist. */
  async read(topic: string): Promise<ReadMessage[]> {
    const count = Number((await this.ends(topic).catch(() => [])).reduce((sum, end) => sum + end, 0n));
    const messages: ReadMessage[] = [];
    if (count === 0) return messages;
    return this.#asked(async (consumer) => {
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
      for await (const { partition, offset, key, value, headerEntries } of stream) {
        const headers = Object.fromEntries(headerEntries.map(([name, said]) => [String(name), String(said)]));
        messages.push({ partition, offset, key: (key as Buffer | null)?.toString(), value, headers });
        if (messages.length === count) break;
      }
      await stream.close();
      return messages;
    });
  }

  kill(): void {
    process.kill(this.server.pid, 'SIGKILL');
  }

  async startAgain(): Promise<void> {
    this.server.pid = await this.server.startAgain();
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.#admin.close(), this.#producer.close()]);
    await this.server.stop();
  }

  async #asked<T>(ask: (consumer: Consumer) => Promise<T>, groupId: string = randomUUID()): Promise<T> {
    const consumer = new Consumer({ clientId: 'test', bootstrapBrokers: [this.address], groupId, ...TRIES });
    try {
      return await ask(consumer);
    } finally {
      await consumer.close(true);
    }
  }
}
