import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** What Kafka takes for a topic's name. */
export const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
export const TOPIC_RULE = '1 to 249 letters, digits, ".", "_" and "-"';

const BROKER = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/;

/** What the service needs to know of Kafka, where there is one. */
export interface KafkaSettings {
  readonly connection: KafkaConnection;
  /** Whose messages are charged; none where the service only publishes. */
  readonly intakeTopics: readonly string[];
  readonly group: string;
  readonly deadLettersTopic: string;
  /** Where events are published; `undefined` where they are not. */
  readonly eventsTopic: string | undefined;
  readonly sessionMs: number;
  /** Messages of a partition that may wait for their outcomes. */
  readonly inFlightMax: number;
}

export interface KafkaConnection {
  readonly brokers: readonly { readonly host: string; readonly port: number }[];
  readonly tls: KafkaTls | undefined;
  readonly sasl:
    { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | undefined;
}

export interface KafkaTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** The settings as the environment has them. */
export interface GivenKafkaSettings {
  readonly kafkaBrokersGiven?: string;
  readonly kafkaTls: 'on' | 'off';
  readonly kafkaTlsCa?: string;
  readonly kafkaTlsCert?: string;
  readonly kafkaTlsKey?: string;
  readonly kafkaSasl?: SaslMechanism;
  readonly kafkaUser?: string;
  readonly kafkaPassword?: string;
  readonly kafkaIntakeTopicsGiven?: string;
  readonly kafkaGroup: string;
  readonly kafkaDeadLettersTopic: string;
  readonly kafkaEvents: 'on' | 'off';
  readonly kafkaEventsTopic: string;
  readonly events: 'on' | 'off';
  readonly kafkaSessionSeconds: number;
  readonly kafkaInFlightMax: number;
}

/** @param faults is told of settings that do not go together; without brokers there is no Kafka */
export function readKafka(given: GivenKafkaSettings, faults: string[]): KafkaSettings | undefined {
  const intakeTopics = topicsOf(given, faults);
  const { kafkaBrokersGiven } = given;
  if (kafkaBrokersGiven === undefined) return undefined;
  return {
    connection: {
      brokers: brokersOf(kafkaBrokersGiven, faults),
      tls: tlsOf(given, faults),
      sasl: saslOf(given, faults),
    },
    intakeTopics,
    group: given.kafkaGroup,
    deadLettersTopic: given.kafkaDeadLettersTopic,
    eventsTopic: given.events === 'on' && given.kafkaEvents === 'on' ? given.kafkaEventsTopic : undefined,
    sessionMs: given.kafkaSessionSeconds * 1_000,
    inFlightMax: given.kafkaInFlightMax,
  };
}

function brokersOf(given: string, faults: string[]): KafkaConnection['brokers'] {
  return given.split(',').flatMap((part, position) => {
    const [, host = '', port = ''] = BROKER.exec(part.trim()) ?? [];
    if (host !== '' && Number(port) >= 1 && Number(port) <= 65_535)
      return [{ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }];
    faults.push(
      `HOTSPLIT_KAFKA_BROKERS, entry ${position + 1}: ${JSON.stringify(part.trim())} is not host:port`,
    );
    return [];
  });
}

function topicsOf(
  { kafkaIntakeTopicsGiven, kafkaDeadLettersTopic, kafkaEventsTopic }: GivenKafkaSettings,
  faults: string[],
): readonly string[] {
  const topics = (kafkaIntakeTopicsGiven ?? '').split(',').map((topic) => topic.trim());
  const named = [...new Set(topics.filter((topic) => topic !== ''))];
  for (const topic of named)
    if (!TOPIC.test(topic))
      faults.push(`HOTSPLIT_KAFKA_INTAKE_TOPICS: ${JSON.stringify(topic)} is not ${TOPIC_RULE}`);
  if (named.includes(kafkaDeadLettersTopic))
    faults.push(
      'HOTSPLIT_KAFKA_INTAKE_TOPICS names HOTSPLIT_KAFKA_DEAD_LETTERS_TOPIC: its messages would go round for ever',
    );
  if (named.includes(kafkaEventsTopic))
    faults.push(
      'HOTSPLIT_KAFKA_INTAKE_TOPICS names HOTSPLIT_KAFKA_EVENTS_TOPIC: its messages are no deductions',
    );
  return named;
}

/** Files that cannot be used are found now and not by the first connection. */
function tlsOf(given: GivenKafkaSettings, faults: string[]): KafkaTls | undefined {
  const { kafkaTls, kafkaTlsCa, kafkaTlsCert, kafkaTlsKey } = given;
  if (kafkaTls === 'off') {
    if (kafkaTlsCa ?? kafkaTlsCert ?? kafkaTlsKey)
      faults.push('HOTSPLIT_KAFKA_TLS_CA, …_CERT and …_KEY need HOTSPLIT_KAFKA_TLS=on');
    return undefined;
  }
  if ((kafkaTlsCert === undefined) !== (kafkaTlsKey === undefined))
    faults.push('HOTSPLIT_KAFKA_TLS_CERT and HOTSPLIT_KAFKA_TLS_KEY must be set together');
  try {
    const tls: KafkaTls = {
      ...(kafkaTlsCa !== undefined && { ca: readFileSync(kafkaTlsCa) }),
      ...(kafkaTlsCert !== undefined && { cert: readFileSync(kafkaTlsCert) }),
      ...(kafkaTlsKey !== undefined && { key: readFileSync(kafkaTlsKey) }),
    };
    createSecureContext(tls);
    return tls;
  } catch (error) {
    faults.push(
      `the files of HOTSPLIT_KAFKA_TLS cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

function saslOf(
  { kafkaSasl: mechanism, kafkaUser: username, kafkaPassword: password }: GivenKafkaSettings,
  faults: string[],
): KafkaConnection['sasl'] {
  if (mechanism !== undefined && username !== undefined && password !== undefined)
    return { mechanism, username, password };
  if (mechanism !== undefined || username !== undefined || password !== undefined)
    faults.push('HOTSPLIT_KAFKA_SASL, HOTSPLIT_KAFKA_USER and HOTSPLIT_KAFKA_PASSWORD must be set together');
  return undefined;
}
