import type { BaseOptions } from '@platformatic/kafka';
import { Option, type Command } from 'commander';
import { readFileSync } from 'node:fs';
import { OperatorFault } from '../faults';
import type { Surroundings } from '../surroundings';

export interface BrokerOptions {
  readonly brokers?: string;
}

const TRIES = { retries: 10, retryDelay: 300 };
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

export function addBrokerOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--brokers <list>',
      'host:port of Kafka brokers, commas between (env HOTSPLIT_KAFKA_BROKERS; TLS and SASL by the settings of the service)',
    ),
  );
}

/**
 * The brokers of the option or of the service's own settings, which are in force here as well: HOTSPLIT_KAFKA_TLS…, _SASL, _USER and
 * _PASSWORD or _PASSWORD_FILE.
 *
 * @throws OperatorFault where no broker is named, or a file cannot be read
 */
export function brokersOf({ brokers }: BrokerOptions, { env }: Pick<Surroundings, 'env'>): BaseOptions {
  const named = (brokers ?? env['HOTSPLIT_KAFKA_BROKERS'] ?? '').split(',').map((each) => each.trim());
  const given = named.filter((each) => each !== '');
  if (given.length === 0)
    throw new OperatorFault('no broker is named: give --brokers host:port, or set HOTSPLIT_KAFKA_BROKERS');
  return {
    clientId: 'hotsplit-cli',
    bootstrapBrokers: given,
    ...TRIES,
    ...(env['HOTSPLIT_KAFKA_TLS'] === 'on' && {
      tls: {
        ...filePart('ca', env['HOTSPLIT_KAFKA_TLS_CA']),
        ...filePart('cert', env['HOTSPLIT_KAFKA_TLS_CERT']),
        ...filePart('key', env['HOTSPLIT_KAFKA_TLS_KEY']),
      },
    }),
    ...saslOf(env),
  };
}

function saslOf(env: Surroundings['env']): Pick<BaseOptions, 'sasl'> {
  const given = env['HOTSPLIT_KAFKA_SASL'];
  if (given === undefined || given === '') return {};
  const mechanism = MECHANISMS.find((each) => each === given);
  if (!mechanism) throw new OperatorFault(`HOTSPLIT_KAFKA_SASL is one of ${MECHANISMS.join(', ')}`);
  const file = env['HOTSPLIT_KAFKA_PASSWORD_FILE'];
  const password = env['HOTSPLIT_KAFKA_PASSWORD'] ?? (file ? read(file).toString().trim() : '');
  return { sasl: { mechanism, username: env['HOTSPLIT_KAFKA_USER'] ?? '', password } };
}

function filePart(name: string, path: string | undefined): Readonly<Record<string, Buffer>> {
  return path ? { [name]: read(path) } : {};
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new OperatorFault(`${path} cannot be read`, { cause: error });
  }
}
