import type { BaseOptions, Producer } from '@platformatic/kafka';
import type { Charge } from './charge';
import type { Patience } from './patience';
import type { Tally } from './tally';

const ACKS_ALL = -1;

/** A topic that charges are produced to. */
export interface ChargeTopic {
  readonly topic: string;
  /** Resolves once all replicas have acknowledged the charges. */
  readonly produce: (charges: readonly Charge[]) => Promise<void>;
}

export async function openTopic(
  brokers: BaseOptions,
  topic: string,
): Promise<ChargeTopic & { readonly close: () => Promise<void> }> {
  // Loaded where it is needed: every other command does without.
  const { Producer } = await import('@platformatic/kafka');
  const producer = new Producer(brokers);
  return {
    topic,
    produce: (charges) => produce(producer, topic, charges),
    close: () => producer.close().catch(() => undefined),
  };
}

async function produce(producer: Producer, topic: string, charges: readonly Charge[]): Promise<void> {
  await producer.send({
    acks: ACKS_ALL,
    messages: charges.map(({ accountId, amountMinor, requestId }) => ({
      topic,
      key: Buffer.from(accountId),
      value: Buffer.from(JSON.stringify({ accountId, amount: amountMinor.toString(), requestId })),
    })),
  });
}

export interface ProduceContext {
  readonly to: ChargeTopic;
  readonly patience: Patience;
  readonly tally: Tally;
  readonly onAnswered: (count: number) => void;
}

/**
 * Produces charges until the brokers have acknowledged them. Charges whose acknowledgement was lost are in the topic twice then: the
 * service charges each request id once.
 *
 * @returns how many were rejected: none, since brokers look at no charge
 * @throws NoProgress when patience ran out
 */
export async function produceBatch(
  charges: readonly Charge[],
  { to, patience, tally, onAnswered }: ProduceContext,
): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (charges.length > 0) await to.produce(charges);
      break;
    } catch (error) {
      const reason = `the brokers do not take them: ${error instanceof Error ? error.message : String(error)}`;
      await patience.wait({ attempt, reason });
    }
  }
  patience.progressed();
  for (const charge of charges) tally.received(charge);
  onAnswered(charges.length);
  return 0;
}
