/** Settings that do nothing by themselves, and what each of them needs: without that, whoever set one believes it to be in force. */
interface Companions {
  readonly settings: readonly string[];
  /** What they need, as it is said. */
  readonly need: string;
  readonly isThere: (environment: Environment) => boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const COMPANIONS: readonly Companions[] = [
  {
    settings: named(
      'HOTSPLIT_SCREENING_',
      'SECRET, MS_MAX, ON_FAILURE, BATCH_MAX, CALLS_MAX, WAIT_SECONDS_MAX',
    ),
    need: 'HOTSPLIT_SCREENING_URL',
    isThere: has('HOTSPLIT_SCREENING_URL'),
  },
  {
    settings: ['HOTSPLIT_VELOCITY_BY'],
    need: 'HOTSPLIT_VELOCITY_PER_SECOND or HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE above 0',
    isThere: (environment) =>
      ['HOTSPLIT_VELOCITY_PER_SECOND', 'HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE'].some(
        (name) => has(name)(environment) && environment[name] !== '0',
      ),
  },
  {
    settings: named(
      'HOTSPLIT_KAFKA_',
      'TLS, TLS_CA, TLS_CERT, TLS_KEY, SASL, USER, PASSWORD, INTAKE_TOPICS, EVENTS, EVENTS_TOPIC',
    ),
    need: 'HOTSPLIT_KAFKA_BROKERS',
    isThere: has('HOTSPLIT_KAFKA_BROKERS'),
  },
  {
    settings: named('HOTSPLIT_KAFKA_', 'GROUP, DEAD_LETTERS_TOPIC, SESSION_SECONDS, IN_FLIGHT_MAX'),
    need: 'HOTSPLIT_KAFKA_INTAKE_TOPICS',
    isThere: has('HOTSPLIT_KAFKA_INTAKE_TOPICS'),
  },
  {
    settings: ['HOTSPLIT_KAFKA_EVENTS_TOPIC'],
    need: 'HOTSPLIT_KAFKA_EVENTS that is not off',
    isThere: isNotOff('HOTSPLIT_KAFKA_EVENTS'),
  },
  {
    settings: [
      ...['HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES', 'HOTSPLIT_EVENTS_RETENTION_HOURS'],
      ...['HOTSPLIT_EVENT_STREAMS_MAX', 'HOTSPLIT_BALANCE_REST_SECONDS', 'HOTSPLIT_KAFKA_EVENTS_TOPIC'],
    ],
    need: 'HOTSPLIT_EVENTS that is not off',
    isThere: isNotOff('HOTSPLIT_EVENTS'),
  },
];

/**
 * Every setting that is there without what it needs. One that says what is so anyway misleads nobody.
 *
 * @param defaults by variable
 */
export function settingsWithoutCompanion(
  environment: Environment,
  defaults: ReadonlyMap<string, string | undefined>,
): string[] {
  const isSet = (name: string): boolean => has(name)(environment) && environment[name] !== defaults.get(name);
  return COMPANIONS.flatMap(({ settings, need, isThere }) =>
    isThere(environment) ? [] : settings.filter(isSet).map((name) => `${name} needs ${need}`),
  );
}

function named(prefix: string, names: string): string[] {
  return names.split(', ').map((name) => `${prefix}${name}`);
}

/** What is set to nothing is not set. */
function has(name: string): (environment: Environment) => boolean {
  return (environment) => (environment[name] ?? '').trim() !== '';
}

function isNotOff(name: string): (environment: Environment) => boolean {
  return (environment) => environment[name] !== 'off';
}
