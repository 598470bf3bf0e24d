import type * as kafka from '@platformatic/kafka';
import type { BaseOptions } from '@platformatic/kafka';
import { isIP } from 'node:net';
import type { KafkaConnection } from './kafka-settings';

/** The library, which takes up 60 MB and is loaded only where there are brokers. */
export type KafkaLibrary = typeof kafka;

export function loadKafka(): Promise<KafkaLibrary> {
  return import('@platformatic/kafka');
}

const CONNECT_MS_MAX = 5_000;
/** Tries of one request, while brokers change who leads a partition. */
const TRIES = { retries: 5, retryDelay: 200 } as const;
/** For how long the leaders of partitions, and how many partitions there are, is taken to be as it was. */
const METADATA_MS_MAX = 5_000;

/** What every client of the brokers is made with. */
export function clientOptions({ brokers, tls, sasl }: KafkaConnection): BaseOptions {
  return {
    clientId: 'hotsplit',
    bootstrapBrokers: brokers.map(({ host, port }) => ({ host, port })),
    connectTimeout: CONNECT_MS_MAX,
    metadataMaxAge: METADATA_MS_MAX,
    ...TRIES,
    // An address is no name to ask a server for.
    ...(tls && { tls, tlsServerName: brokers.every(({ host }) => isIP(host) === 0) }),
    ...(sasl && { sasl }),
  };
}

/** What an error of the library says, with what is inside of it: the outermost one mostly says that something failed. */
export function kafkaFault(error: unknown): string {
  const said = new Set<string>();
  const add = (each: unknown): void => {
    if (!(each instanceof Error) || said.size > 10) return;
    said.add(each.message);
    if (each instanceof AggregateError) for (const inner of each.errors) add(inner);
    add(each.cause);
  };
  add(error);
  return said.size > 0 ? [...said].join('; ') : String(error);
}
