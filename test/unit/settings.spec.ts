import { resolve } from 'node:path';
import { readSettings, SETTINGS, SettingsError } from '../../src/platform/settings';
import { containing } from '../setup/matching';

type Environment = Readonly<Record<string, string>>;

function faultsOf(environment: Environment): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  test('needs no variable at all', () => {
    const settings = readSettings({ PATH: '/bin' });
    expect(settings).toMatchObject({
      httpPort: 8080,
      host: '127.0.0.1',
      dataDir: './data',
      logLevel: 'info',
    });
    expect(settings.adminKey).toBeUndefined();
    expect(settings.shardAddresses).toEqual(
      [0, 1, 2, 3].map((n) => ({
        name: `s${n}`,
        location: { kind: 'sqlite', path: `data/shard-${n}.sqlite` },
      })),
    );
    expect(settings.directoryLocation).toEqual(settings.shardAddresses[0]?.location);
  });

  test('takes every variable', () => {
    const settings = readSettings({
      HOTSPLIT_HTTP_PORT: '0',
      HOTSPLIT_HOST: '0.0.0.0',
      HOTSPLIT_DATA_DIR: '/var/lib/hotsplit',
      HOTSPLIT_SHARDS: ' east=mysql://u:p@db1/ledger , sqlite:west.sqlite',
      HOTSPLIT_DIRECTORY: 'mysql://u:p@db0/directory',
      HOTSPLIT_ADMIN_KEY: 'k'.repeat(16),
      HOTSPLIT_LOG_LEVEL: 'debug',
      HOTSPLIT_LANES_PER_SHARD: '16',
      HOTSPLIT_BATCH_COMMANDS_MAX: '4096',
      HOTSPLIT_LANE_DEPTH_MAX: '4096',
      HOTSPLIT_WAIT_MS_MAX: '120000',
      HOTSPLIT_START_SECONDS_MAX: '600',
      HOTSPLIT_STOP_SECONDS_MAX: '300',
    });
    expect(settings).toMatchObject({
      httpPort: 0,
      host: '0.0.0.0',
      dataDir: '/var/lib/hotsplit',
      adminKey: 'k'.repeat(16),
      logLevel: 'debug',
      lanesPerShard: 16,
      batchCommandsMax: 4_096,
      laneDepthMax: 4_096,
      waitMsMax: 120_000,
      startSecondsMax: 600,
      stopSecondsMax: 300,
      shardAddresses: [
        { name: 'east', location: { kind: 'mysql', url: 'mysql://u:p@db1/ledger' } },
        { name: 's1', location: { kind: 'sqlite', path: 'west.sqlite' } },
      ],
      directoryLocation: { kind: 'mysql', url: 'mysql://u:p@db0/directory' },
    });
  });

  test.each([
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['localhost', 'localhost'],
  ])('takes the host %s', (given, host) => {
    expect(readSettings({ HOTSPLIT_HOST: given }).host).toBe(host);
  });

  test('takes what Kubernetes tells of services for no setting', () => {
    const links = (service: string, host: string): Environment => ({
      [`${service}_SERVICE_HOST`]: host,
      [`${service}_SERVICE_PORT`]: '8080',
      [`${service}_SERVICE_PORT_GRPC`]: '50051',
      [`${service}_PORT`]: `tcp://${host}:8080`,
      [`${service}_PORT_8080_TCP`]: `tcp://${host}:8080`,
      [`${service}_PORT_8080_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_8080_TCP_PORT`]: '8080',
      [`${service}_PORT_8080_TCP_ADDR`]: host,
    });
    const environment = {
      ...links('HOTSPLIT', '10.96.0.17'),
      ...links('HOTSPLIT_GRPC', 'fd00::17'),
      ...links('HOTSPLIT_HTTP', '10.96.0.18'),
    };
    expect(readSettings(environment)).toEqual(readSettings({}));
  });

  test.each([
    ['HOTSPLIT_PORT', '8080'],
    ['HOTSPLIT_SERVICE_HOST', 'not an address'],
    ['HOTSPLIT_SERVICE_PORT', 'http'],
  ])('does not take %s=%s for one of these', (variable, value) => {
    expect(faultsOf({ [variable]: value })).toEqual([containing(variable)]);
  });

  test('has a default in the code for whatever is called a default', () => {
    const fallbacks = Object.values<{ variable: string; fallback: string | undefined }>(SETTINGS).flatMap(
      ({ variable, fallback }) => (fallback === undefined ? [] : [[variable, fallback] as const]),
    );
    expect(readSettings(Object.fromEntries(fallbacks))).toEqual(readSettings({}));
  });

  test.each(Object.values(SETTINGS).map(({ variable }) => variable))(
    'takes an empty %s for none',
    (variable) => {
      expect(readSettings({ [variable]: '' })).toEqual(readSettings({}));
    },
  );

  test.each([
    ['HOTSPLIT_HTTP_PORT', ['-1', '65536', '1.5', 'http', '8080 ', '0x50', '1e3', '+1', '9'.repeat(30)]],
    ['HOTSPLIT_HOST', ['h'.repeat(256)]],
    ['HOTSPLIT_LOG_LEVEL', ['loud', 'INFO', 'info ']],
    ['HOTSPLIT_LANES_PER_SHARD', ['0', '17', '-2', 'two']],
    ['HOTSPLIT_BATCH_COMMANDS_MAX', ['0', '4097']],
    ['HOTSPLIT_LANE_DEPTH_MAX', ['0', '1000001']],
    ['HOTSPLIT_WAIT_MS_MAX', ['9', '120001']],
    ['HOTSPLIT_START_SECONDS_MAX', ['0', '601']],
    ['HOTSPLIT_STOP_SECONDS_MAX', ['0', '301']],
    ['HOTSPLIT_DRAIN_SECONDS', ['-1', '301', '1.5']],
    ['HOTSPLIT_HTTP_CONNECTIONS_MAX', ['0', '1000001', '-1']],
    ['HOTSPLIT_HTTP_BODIES_MIB_MAX', ['3', '65537']],
    ['HOTSPLIT_WORKERS', ['0', '65', '1.5', 'many']],
    ['HOTSPLIT_ADMIN_KEY', ['k'.repeat(15)]],
    ['HOTSPLIT_SHARDS', [',', 'sqlite:', 'postgres://h/db', 'sqlite:a,', 'mysql://host', 'a b=sqlite:x']],
    ['HOTSPLIT_DIRECTORY', ['sqlite:', 'db', 'mysql://host']],
  ])('names %s when its value does not do', (variable, values) => {
    for (const value of values) {
      const faults = faultsOf({ [variable]: value });
      expect([value, faults.length > 0 && faults.every((fault) => fault.startsWith(variable))]).toEqual([
        value,
        true,
      ]);
    }
  });

  test('wants a queue at least as deep as a batch is long', () => {
    expect(faultsOf({ HOTSPLIT_LANE_DEPTH_MAX: '511', HOTSPLIT_BATCH_COMMANDS_MAX: '512' })).toEqual([
      containing('HOTSPLIT_LANE_DEPTH_MAX'),
    ]);
    expect(faultsOf({ HOTSPLIT_LANE_DEPTH_MAX: '512', HOTSPLIT_BATCH_COMMANDS_MAX: '512' })).toEqual([]);
  });

  test.each<[string, Environment]>([
    ['the embedded shards', {}],
    ['one shard among others', { HOTSPLIT_SHARDS: 'mysql://u@h/db,sqlite:x' }],
    ['the directory', { HOTSPLIT_SHARDS: 'mysql://u@h/db', HOTSPLIT_DIRECTORY: 'sqlite:x' }],
  ])('lets one process alone have SQLite files: %s', (_what, environment) => {
    expect(faultsOf({ ...environment, HOTSPLIT_WORKERS: '2' })).toEqual([
      containing('HOTSPLIT_WORKERS above 1 needs MySQL shards'),
    ]);
    expect(faultsOf({ ...environment, HOTSPLIT_WORKERS: '1' })).toEqual([]);
  });

  test('takes several workers on MySQL', () => {
    const environment = { HOTSPLIT_SHARDS: 'mysql://u@h/a,mysql://u@h/b', HOTSPLIT_WORKERS: '64' };
    expect(readSettings(environment).workers).toBe(64);
  });

  test('wants every shard to have a name of its own', () => {
    expect(faultsOf({ HOTSPLIT_SHARDS: 'a=sqlite:x,a=sqlite:y' })).toEqual([
      'HOTSPLIT_SHARDS names a shard twice: a',
    ]);
    expect(faultsOf({ HOTSPLIT_SHARDS: 's1=sqlite:x,sqlite:y' })).toEqual([
      'HOTSPLIT_SHARDS names a shard twice: s1',
    ]);
  });

  test.each(['HOTSPLIT_SHARD', 'HOTSPLIT_PORT', 'HOTSPLIT_ADMINKEY', 'HOTSPLIT_'])(
    'names %s, which is no setting and would silently do nothing',
    (variable) => {
      expect(faultsOf({ [variable]: 'hunter2' })).toEqual([`${variable}: there is no such setting`]);
    },
  );

  test.each([
    'HOTSPLIT_URL',
    'HOTSPLIT_KEY',
    'HOTSPLIT_TEST_MARIADB_URLS',
    'HOTSPLIT_BENCH_DIR',
    'hotsplit_port',
    'PORT',
  ])('leaves %s to others', (variable) => {
    expect(faultsOf({ [variable]: 'x' })).toEqual([]);
  });

  test.each(['HTTP', 'GRPC'])('asks for both files of TLS over %s, and that they fit', (door) => {
    const [CERT, KEY] = [`HOTSPLIT_${door}_TLS_CERT`, `HOTSPLIT_${door}_TLS_KEY`];
    expect(faultsOf({ [CERT]: 'x.crt' })).toEqual([`${CERT} and ${KEY} must be set together`]);
    const [missing] = faultsOf({ [CERT]: 'x.crt', [KEY]: 'x.key' });
    expect(missing).toContain('x.crt');
    const certificate = resolve(__dirname, '../setup/tls/localhost.crt');
    const [unfit] = faultsOf({ [CERT]: certificate, [KEY]: certificate });
    expect(unfit).toContain(`${CERT} and ${KEY} cannot be used`);
  });

  test('lets shards be added on the hosts that it knows, or on those that it is given', () => {
    const HOTSPLIT_SHARDS = 'mysql://u@DB1:3307,[::1]/a,mysql://u@db2/b,sqlite:c';
    const HOTSPLIT_DIRECTORY = 'mysql://u@db0/d';
    expect(readSettings({ HOTSPLIT_SHARDS, HOTSPLIT_DIRECTORY }).shardHosts).toEqual(
      ['db1', '::1', 'db2', 'db0'].map((host) => ({ host })),
    );
    expect(
      readSettings({ HOTSPLIT_SHARDS, HOTSPLIT_SHARD_HOSTS: 'db7, db8:3308,[::1]:1' }).shardHosts,
    ).toEqual([
      { host: 'db7', port: undefined },
      { host: 'db8', port: 3_308 },
      { host: '::1', port: 1 },
    ]);
    expect(readSettings({}).shardHosts).toEqual([]);
    expect(faultsOf({ HOTSPLIT_SHARD_HOSTS: 'mysql://db7' })).toEqual([containing('HOTSPLIT_SHARD_HOSTS')]);
  });

  test('asks for files of a database URL that can be used', () => {
    const url = 'mysql://u:hunter2@db1/ledger?ssl=true&ssl-ca=/nowhere/ca.pem';
    const [shards = '', directory = ''] = faultsOf({ HOTSPLIT_SHARDS: url, HOTSPLIT_DIRECTORY: url });
    expect(shards).toMatch(/^HOTSPLIT_SHARDS, entry 1: .*ENOENT/);
    expect(directory).toMatch(/^HOTSPLIT_DIRECTORY: .*ENOENT/);
    expect(shards + directory).not.toContain('hunter2');
  });

  test('reports all faults together, each with its variable, in one message', () => {
    const environment = {
      HOTSPLIT_HTTP_PORT: 'x',
      HOTSPLIT_LOG_LEVEL: 'x',
      HOTSPLIT_SHARDS: 'x,y',
      HOTSPLIT_DIRECTORY: 'x',
      HOTSPLIT_ADMIN_KEY: 'x',
      HOTSPLIT_X: 'x',
    };
    const faults = faultsOf(environment);
    expect(faults).toHaveLength(7);
    for (const variable of Object.keys(environment)) {
      expect(faults.filter((fault) => fault.includes(variable)).length).toBeGreaterThan(0);
    }
    expect(new SettingsError(faults).message.split('\n')).toHaveLength(8);
  });

  test.each<[string, Environment]>([
    ['a short admin key', { HOTSPLIT_ADMIN_KEY: 'hunter2' }],
    ['a password in a URL of another kind', { HOTSPLIT_SHARDS: 'postgres://u:hunter2@h/db' }],
    ['a password in a URL without a database', { HOTSPLIT_SHARDS: 'mysql://u:hunter2@h' }],
    ['a password in a URL without a scheme', { HOTSPLIT_DIRECTORY: 'u:hunter2@h/db' }],
    ['a password with a comma', { HOTSPLIT_SHARDS: 'mysql://u:a,hunter2@h/db' }],
    ['a password with a comma and a colon', { HOTSPLIT_SHARDS: 'mysql://u:a,hunter2:b@h/db' }],
    ['a password with a comma and an equals sign', { HOTSPLIT_SHARDS: 'mysql://u:a,hunter2!=b@h/db' }],
    [
      'a password with a comma and an equals sign, twice',
      { HOTSPLIT_SHARDS: 'mysql://u:a,hunter2=b,hunter2=c@h/db' },
    ],
    ['a password with an equals sign', { HOTSPLIT_SHARDS: 'hunter2!=u@h/db' }],
    ['a Redis password', { HOTSPLIT_REDIS_URL: 'http://u:hunter2@h' }],
  ])('does not print %s', (_what, environment) => {
    const faults = faultsOf(environment);
    expect(faults).not.toEqual([]);
    expect(faults.join('\n')).not.toContain('hunter2');
  });

  describe('of Kafka', () => {
    const BROKERS = { HOTSPLIT_KAFKA_BROKERS: 'k1:9092, [::1]:9093' };

    test('are nothing without brokers', () => {
      expect(readSettings({}).kafka).toBeUndefined();
      expect(faultsOf({ HOTSPLIT_KAFKA_INTAKE_TOPICS: 'clicks' })).toEqual([
        'HOTSPLIT_KAFKA_INTAKE_TOPICS needs HOTSPLIT_KAFKA_BROKERS',
      ]);
    });

    test('are brokers, topics and how to log in', () => {
      const { kafka } = readSettings({
        ...BROKERS,
        HOTSPLIT_KAFKA_INTAKE_TOPICS: 'clicks, impressions,clicks',
        HOTSPLIT_KAFKA_SASL: 'SCRAM-SHA-256',
        HOTSPLIT_KAFKA_USER: 'hotsplit',
        HOTSPLIT_KAFKA_PASSWORD: 'secret',
        HOTSPLIT_KAFKA_TLS: 'on',
      });
      expect(kafka).toMatchObject({
        connection: {
          brokers: [
            { host: 'k1', port: 9092 },
            { host: '::1', port: 9093 },
          ],
          tls: {},
          sasl: { mechanism: 'SCRAM-SHA-256', username: 'hotsplit', password: 'secret' },
        },
        intakeTopics: ['clicks', 'impressions'],
        group: 'hotsplit',
        deadLettersTopic: 'hotsplit.dead-letters',
        eventsTopic: 'hotsplit.events',
        sessionMs: 10_000,
      });
    });

    test('that need brokers, or topics to be charged, are named without them', () => {
      expect(
        faultsOf({
          ...{ HOTSPLIT_KAFKA_TLS: 'on', HOTSPLIT_KAFKA_USER: 'u', HOTSPLIT_KAFKA_EVENTS_TOPIC: 'x' },
          ...{ HOTSPLIT_KAFKA_GROUP: 'g', HOTSPLIT_HTTP_PORT: 'x' },
        }),
      ).toEqual([
        containing('HOTSPLIT_HTTP_PORT'),
        'HOTSPLIT_KAFKA_TLS needs HOTSPLIT_KAFKA_BROKERS',
        'HOTSPLIT_KAFKA_USER needs HOTSPLIT_KAFKA_BROKERS',
        'HOTSPLIT_KAFKA_EVENTS_TOPIC needs HOTSPLIT_KAFKA_BROKERS',
        'HOTSPLIT_KAFKA_GROUP needs HOTSPLIT_KAFKA_INTAKE_TOPICS',
      ]);
      expect(
        faultsOf({ ...BROKERS, HOTSPLIT_KAFKA_EVENTS: 'off', HOTSPLIT_KAFKA_EVENTS_TOPIC: 'x' }),
      ).toEqual(['HOTSPLIT_KAFKA_EVENTS_TOPIC needs HOTSPLIT_KAFKA_EVENTS that is not off']);
    });

    test.each([
      [{ HOTSPLIT_KAFKA_BROKERS: 'k1' }, 'entry 1: "k1" is not host:port'],
      [{ HOTSPLIT_KAFKA_BROKERS: 'k1:9092,k2:0' }, 'entry 2: "k2:0" is not host:port'],
      [{ ...BROKERS, HOTSPLIT_KAFKA_INTAKE_TOPICS: 'a b' }, '"a b" is not 1 to 249'],
      [{ ...BROKERS, HOTSPLIT_KAFKA_INTAKE_TOPICS: 'hotsplit.dead-letters' }, 'round for ever'],
      [{ ...BROKERS, HOTSPLIT_KAFKA_INTAKE_TOPICS: 'hotsplit.events' }, 'are no deductions'],
      [{ ...BROKERS, HOTSPLIT_KAFKA_SASL: 'PLAIN' }, 'must be set together'],
      [{ ...BROKERS, HOTSPLIT_KAFKA_TLS_CA: '/ca.pem' }, 'need HOTSPLIT_KAFKA_TLS=on'],
      [{ ...BROKERS, HOTSPLIT_KAFKA_TLS: 'on', HOTSPLIT_KAFKA_TLS_CA: '/none.pem' }, 'cannot be used'],
    ])('are refused: %o', (environment, fault) => {
      expect(faultsOf(environment)).toEqual([containing(fault)]);
    });
  });

  describe('that do nothing by themselves', () => {
    test.each([
      [
        { HOTSPLIT_SCREENING_SECRET: 'k'.repeat(16) },
        'HOTSPLIT_SCREENING_SECRET needs HOTSPLIT_SCREENING_URL',
      ],
      [
        { HOTSPLIT_SCREENING_ON_FAILURE: 'pass' },
        'HOTSPLIT_SCREENING_ON_FAILURE needs HOTSPLIT_SCREENING_URL',
      ],
      [
        { HOTSPLIT_VELOCITY_BY: 'metadata:ip', HOTSPLIT_VELOCITY_PER_SECOND: '0' },
        'HOTSPLIT_VELOCITY_BY needs HOTSPLIT_VELOCITY_PER_SECOND or HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE above 0',
      ],
      [
        { HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES: 'on', HOTSPLIT_EVENTS: 'off' },
        'HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES needs HOTSPLIT_EVENTS that is not off',
      ],
    ])('are named: %o', (environment, fault) => {
      expect(faultsOf(environment)).toEqual([fault]);
    });

    test.each([
      { HOTSPLIT_SCREENING_SECRET: '', HOTSPLIT_KAFKA_TLS: '' },
      { HOTSPLIT_VELOCITY_BY: 'metadata:ip', HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE: '10' },
      { HOTSPLIT_SCREENING_URL: 'https://x/y', HOTSPLIT_SCREENING_MS_MAX: '100' },
      { HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES: 'on' },
    ])('are taken where nothing is missing: %o', (environment) => {
      expect(() => readSettings(environment)).not.toThrow();
    });
  });
});
