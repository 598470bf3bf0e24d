import { SPLIT_SETTINGS, type SplitSettings } from '../engine/heat/plan-split';
import { plainToInstance } from 'class-transformer';
import { IsIn, IsInt, IsNumber, IsOptional, Length, Matches, Max, Min, validateSync } from 'class-validator';
import { join } from 'node:path';
import {
  type AllowedHost,
  nodeHosts,
  parseAllowedHosts,
  parseLocation,
  parseShardAddress,
  splitAddresses,
  type Location,
  type ShardAddress,
} from '../shards/shard-address';
import {
  FAILURE_POLICIES,
  type FailurePolicy,
  type ScreeningSettings,
} from '../engine/screening/screening-settings';
import { MysqlTls } from '../shards/mysql/mysql-tls';
import { STRATEGY_SETTINGS, type StrategySettings } from '../strategies/strategy-settings';
import { CertificateFiles } from './certificate-files';
import {
  type KafkaSettings,
  readKafka,
  SASL_MECHANISMS,
  type SaslMechanism,
  TOPIC,
  TOPIC_RULE,
} from './kafka/kafka-settings';
import { fileVariable, withSecretsOfFiles } from './secret-files';
import { withoutServiceLinks } from './service-links';
import { settingsWithoutCompanion } from './setting-companions';
import { LOG_LEVELS, type LogLevel } from './structured-log';

const EMBEDDED_SHARDS = 4;

/** What a header can carry as a bearer token. */
export const SENDABLE_KEY = /^[\x21-\x7e]{16,1024}$/;
export const KEY_RULE = '16 to 1,024 printable ASCII characters without blanks';

const SWITCH = ['on', 'off'] as const;
type Switch = (typeof SWITCH)[number];

/** Rules of the settings that are plain values; what is built from them follows in `readSettings`. */
class PlainSettings {
  @IsInt() @Min(0) @Max(65_535) httpPort!: number;
  @IsInt() @Min(0) @Max(65_535) grpcPort!: number;
  @Length(1, 255) host!: string;
  @IsInt() @Min(1) @Max(64) workers!: number;
  @IsInt() @Min(2) @Max(3_600) workerSilentSecondsMax!: number;
  @IsInt() @Min(1) @Max(1_000_000) httpConnectionsMax!: number;
  @IsInt() @Min(4) @Max(65_536) httpBodiesMibMax!: number;
  @IsIn(SWITCH) docs!: Switch;
  @IsIn(SWITCH) console!: Switch;
  @IsInt() @Min(1) @Max(1_440) consoleIdleMinutes!: number;
  @IsInt() @Min(1) @Max(168) consoleHoursMax!: number;
  @IsOptional() @Length(1, 4_096) httpTlsCert?: string;
  @IsOptional() @Length(1, 4_096) httpTlsKey?: string;
  @IsOptional() @Length(1, 4_096) grpcTlsCert?: string;
  @IsOptional() @Length(1, 4_096) grpcTlsKey?: string;
  @IsInt() @Min(1) @Max(1_000_000) grpcConnectionsMax!: number;
  @IsInt() @Min(1) @Max(1_000_000) grpcCallsMax!: number;
  @IsInt() @Min(1) @Max(1_000_000) grpcStreamInFlightMax!: number;
  @IsInt() @Min(1) @Max(1_000_000) anonymousPerSecond!: number;
  @IsInt() @Min(100) @Max(60_000) keyRecheckMs!: number;
  @IsInt() @Min(0) @Max(604_800) keyStaleSecondsMax!: number;
  @Length(1, 4_096) dataDir!: string;
  @IsOptional() @Length(1, 16_384) shards?: string;
  @IsOptional() @Length(1, 4_096) directory?: string;
  @IsOptional() @Length(1, 4_096) shardHostsGiven?: string;
  @IsOptional() @Length(1, 16_384) lostShardsGiven?: string;
  @IsOptional() @Matches(SENDABLE_KEY, { message: KEY_RULE }) adminKey?: string;
  @IsOptional() @Matches(SENDABLE_KEY, { message: KEY_RULE }) previousAdminKey?: string;
  @IsOptional()
  @Matches(/^rediss?:\/\/[^\s/]+/, { message: 'a URL redis://[user:password@]host:port[/number]' })
  redisUrl?: string;
  @IsOptional() @Length(1, 4_096) kafkaBrokersGiven?: string;
  @IsIn(SWITCH) kafkaTls!: Switch;
  @IsOptional() @Length(1, 4_096) kafkaTlsCa?: string;
  @IsOptional() @Length(1, 4_096) kafkaTlsCert?: string;
  @IsOptional() @Length(1, 4_096) kafkaTlsKey?: string;
  @IsOptional() @IsIn(SASL_MECHANISMS) kafkaSasl?: SaslMechanism;
  @IsOptional() @Length(1, 255) kafkaUser?: string;
  @IsOptional() @Length(1, 4_096) kafkaPassword?: string;
  @IsOptional() @Length(1, 16_384) kafkaIntakeTopicsGiven?: string;
  @Matches(/^\S{1,255}$/, { message: '1 to 255 characters without blanks' }) kafkaGroup!: string;
  @Matches(TOPIC, { message: TOPIC_RULE }) kafkaDeadLettersTopic!: string;
  @IsIn(SWITCH) kafkaEvents!: Switch;
  @Matches(TOPIC, { message: TOPIC_RULE }) kafkaEventsTopic!: string;
  @IsInt() @Min(1) @Max(1_800) kafkaSessionSeconds!: number;
  @IsInt() @Min(1) @Max(1_000_000) kafkaInFlightMax!: number;
  @IsIn(LOG_LEVELS) logLevel!: LogLevel;
  @IsNumber() @Min(0) @Max(1) accessLogSample!: number;
  @IsOptional()
  @Matches(/^https?:\/\/[^\s/]+/, { message: 'a URL http://host:port/path' })
  tracesUrl?: string;
  @IsNumber() @Min(0) @Max(1) tracesSample!: number;
  @IsInt() @Min(1) @Max(16) lanesPerShard!: number;
  @IsInt() @Min(1) @Max(4_096) batchCommandsMax!: number;
  @IsInt() @Min(1) @Max(1_000_000) laneDepthMax!: number;
  @IsInt() @Min(10) @Max(120_000) waitMsMax!: number;
  @IsInt() @Min(0) @Max(1_000) mergeWindowMs!: number;
  @IsInt() @Min(1) @Max(256) strategySessions!: number;
  @IsInt() @Min(1) @Max(10_000) strategyTriesMax!: number;
  @IsInt() @Min(1) @Max(10_000) strategyBackoffMsMax!: number;
  @IsInt() @Min(10) @Max(60_000) lockMs!: number;
  @IsInt() @Min(1) @Max(1_000_000_000_000_000) leaseAmountMax!: number;
  @IsInt() @Min(1) @Max(1_000) leaseFlushMs!: number;
  @IsInt() @Min(10) @Max(5_000) leaseTermMs!: number;
  @IsInt() @Min(1) @Max(60) leaseSeconds!: number;
  @IsInt() @Min(1) @Max(1_000_000) leaseDeductionsMax!: number;
  @IsInt() @Min(1) @Max(3_650) idempotencyDays!: number;
  @IsInt() @Min(1) @Max(1_000_000_000) intakeRecordsMax!: number;
  @IsInt() @Min(0) @Max(120_000) queuedMsMax!: number;
  @IsOptional()
  @Matches(/^https?:\/\/[^\s/]/, { message: 'a URL http(s)://host[:port]/path' })
  screeningUrl?: string;
  @IsOptional() @Matches(SENDABLE_KEY, { message: KEY_RULE }) screeningSecret?: string;
  @IsInt() @Min(10) @Max(60_000) screeningMsMax!: number;
  @IsIn(FAILURE_POLICIES) screeningOnFailure!: FailurePolicy;
  @IsInt() @Min(1) @Max(5_000) screeningBatchMax!: number;
  @IsInt() @Min(1) @Max(256) screeningCallsMax!: number;
  @IsInt() @Min(1) @Max(2_592_000) screeningWaitSecondsMax!: number;
  @IsInt() @Min(0) @Max(1_000_000) velocityPerSecond!: number;
  @IsInt() @Min(0) @Max(1_000_000_000_000_000) velocityAmountPerMinute!: number;
  @Matches(/^(account|metadata:\S{1,64})$/, { message: 'account, or metadata: and a key' })
  velocityBy!: string;
  @IsInt() @Min(1) @Max(36_500) auditLogDays!: number;
  @IsInt() @Min(0) @Max(60_000) rebalanceMs!: number;
  @IsInt() @Min(1) @Max(10_000_000) hotPerSecond!: number;
  @IsInt() @Min(1) @Max(86_400) hotCooledSeconds!: number;
  @IsIn(SWITCH) autoSplit!: Switch;
  @IsInt() @Min(1) @Max(1_024) autoSplitMax!: number;
  @IsInt() @Min(5) @Max(86_400) autoSplitPauseSeconds!: number;
  @IsInt() @Min(1) @Max(604_800) autoSplitBackSeconds!: number;
  @IsInt() @Min(0) @Max(8_760) auditHours!: number;
  @IsIn(SWITCH) events!: Switch;
  @IsInt() @Min(1) @Max(8_760) eventsRetentionHours!: number;
  @IsInt() @Min(1) @Max(10_000) eventStreamsMax!: number;
  @IsInt() @Min(0) @Max(3_600) balanceRestSeconds!: number;
  @IsIn(SWITCH) webhookPrivateAddresses!: Switch;
  @IsInt() @Min(1) @Max(600) startSecondsMax!: number;
  @IsInt() @Min(0) @Max(300) drainSeconds!: number;
  @IsInt() @Min(1) @Max(300) stopSecondsMax!: number;
}

interface SettingDescription {
  readonly variable: string;
  readonly fallback: string | undefined;
  readonly number?: true;
  /** A number that need not be whole. */
  readonly fraction?: true;
  readonly secret?: true;
  readonly meaning: string;
}

/** Every setting, in the order of the table in docs/operations.md, which a test compares with this one. */
export const SETTINGS = {
  httpPort: {
    variable: 'HOTSPLIT_HTTP_PORT',
    fallback: '8080',
    number: true,
    meaning: 'port of the REST API; 0 takes any free port, which is printed',
  },
  grpcPort: {
    variable: 'HOTSPLIT_GRPC_PORT',
    fallback: '50051',
    number: true,
    meaning: 'port of the gRPC API; 0 takes any free port, which is printed',
  },
  host: {
    variable: 'HOTSPLIT_HOST',
    fallback: '127.0.0.1',
    meaning: 'address or name that the listeners bind to; an IPv6 address with or without brackets',
  },
  workers: {
    variable: 'HOTSPLIT_WORKERS',
    fallback: '1',
    number: true,
    meaning:
      'processes that serve side by side on this machine, on the same ports (1–64); above 1 only with MySQL shards. About one for each two cores that are not the database’s',
  },
  workerSilentSecondsMax: {
    variable: 'HOTSPLIT_WORKER_SILENT_SECONDS_MAX',
    fallback: '10',
    number: true,
    meaning:
      'seconds that one of several workers may not answer its primary, frozen or blocked, before it is killed and replaced (2–3,600)',
  },
  httpConnectionsMax: {
    variable: 'HOTSPLIT_HTTP_CONNECTIONS_MAX',
    fallback: '10000',
    number: true,
    meaning: 'HTTP connections that may be open at once (1–1,000,000); one more is ended as it comes',
  },
  httpBodiesMibMax: {
    variable: 'HOTSPLIT_HTTP_BODIES_MIB_MAX',
    fallback: '64',
    number: true,
    meaning:
      'MiB that the bodies of HTTP requests and the messages of gRPC calls under way may have together (4–65,536), those above 4 KiB counted; one more is answered OVERLOADED. One key may always have a quarter, and more while half is free',
  },
  docs: {
    variable: 'HOTSPLIT_DOCS',
    fallback: 'on',
    meaning: '`off` serves neither the pages under `/docs` nor `/openapi.json`, which need no key',
  },
  console: {
    variable: 'HOTSPLIT_CONSOLE',
    fallback: 'on',
    meaning: '`off` serves nothing under `/console`, and takes no session of it',
  },
  consoleIdleMinutes: {
    variable: 'HOTSPLIT_CONSOLE_IDLE_MINUTES',
    fallback: '30',
    number: true,
    meaning: 'minutes after which a session of the console ends that no open page has used (1–1,440)',
  },
  consoleHoursMax: {
    variable: 'HOTSPLIT_CONSOLE_HOURS_MAX',
    fallback: '12',
    number: true,
    meaning: 'hours after which every session of the console ends (1–168)',
  },
  httpTlsCert: {
    variable: 'HOTSPLIT_HTTP_TLS_CERT',
    fallback: undefined,
    meaning:
      'file with the certificate chain (PEM) of the REST API; with HOTSPLIT_HTTP_TLS_KEY it speaks TLS, without both it does not. Read again when it changes',
  },
  httpTlsKey: {
    variable: 'HOTSPLIT_HTTP_TLS_KEY',
    fallback: undefined,
    meaning: 'file with the private key (PEM) of that certificate',
  },
  grpcTlsCert: {
    variable: 'HOTSPLIT_GRPC_TLS_CERT',
    fallback: undefined,
    meaning:
      'file with the certificate chain (PEM) of the gRPC API; with HOTSPLIT_GRPC_TLS_KEY it speaks TLS, without both it does not. Read again when it changes',
  },
  grpcTlsKey: {
    variable: 'HOTSPLIT_GRPC_TLS_KEY',
    fallback: undefined,
    meaning: 'file with the private key (PEM) of that certificate',
  },
  grpcConnectionsMax: {
    variable: 'HOTSPLIT_GRPC_CONNECTIONS_MAX',
    fallback: '10000',
    number: true,
    meaning: 'gRPC connections that may be open at once (1–1,000,000); one more is ended as it comes',
  },
  grpcCallsMax: {
    variable: 'HOTSPLIT_GRPC_CALLS_MAX',
    fallback: '1024',
    number: true,
    meaning:
      'gRPC calls that may be open on one connection (1–1,000,000); a client holds further ones back by itself',
  },
  grpcStreamInFlightMax: {
    variable: 'HOTSPLIT_GRPC_STREAM_IN_FLIGHT_MAX',
    fallback: '4096',
    number: true,
    meaning:
      'deductions of one StreamDeduct call that may be taken and not read by the client yet (1–1,000,000); with so many the stream takes nothing further',
  },
  anonymousPerSecond: {
    variable: 'HOTSPLIT_ANONYMOUS_PER_SECOND',
    fallback: '100',
    number: true,
    meaning:
      'requests a second that one address may make without a known API key (1–1,000,000), at both doors; twice as many may come at once, and what is beyond is held back for up to 2 seconds. Known keys are never held',
  },
  keyRecheckMs: {
    variable: 'HOTSPLIT_KEY_RECHECK_MS',
    fallback: '5000',
    number: true,
    meaning:
      'milliseconds for which an API key is used before the directory is asked for it again (100–60,000): how long a key that was deleted through another instance may still be used where no notice of it arrives',
  },
  keyStaleSecondsMax: {
    variable: 'HOTSPLIT_KEY_STALE_SECONDS_MAX',
    fallback: '3600',
    number: true,
    meaning:
      'seconds for which API keys that the directory confirmed go on while it cannot be asked (up to 604,800); 0 refuses them as soon as they have to be confirmed',
  },
  shards: {
    variable: 'HOTSPLIT_SHARDS',
    fallback: undefined,
    secret: true,
    meaning:
      'comma-separated `[name=]URL` with `mysql://user:pw@host:port/db` or `sqlite:path`; by default 4 SQLite files in the data folder. Without names the shards are `s0`, `s1`, … by their place. A shard that is a cluster names its nodes: `mysql://user:pw@host:port,host:port/db`. `?ssl=true` behind a MySQL URL is TLS, with `&ssl-ca=FILE`, `&ssl-cert=FILE` and `&ssl-key=FILE` for certificates of your own; other parameters are refused',
  },
  directory: {
    variable: 'HOTSPLIT_DIRECTORY',
    fallback: undefined,
    secret: true,
    meaning: 'the database of accounts, placements and keys (same URL forms); by default the first shard',
  },
  shardHostsGiven: {
    variable: 'HOTSPLIT_SHARD_HOSTS',
    fallback: undefined,
    meaning:
      'comma-separated `host` or `host:port` that shards added while the service runs may be on; by default the hosts of the configured shards and of the directory',
  },
  lostShardsGiven: {
    variable: 'HOTSPLIT_LOST_SHARDS',
    fallback: undefined,
    meaning:
      'comma-separated `name=incarnation` of shards whose databases are lost for good and that begin anew, as `SHARD_EMPTY` prints them: every balance, entry, hold and request id that was on one is given up. Has an effect once',
  },
  dataDir: {
    variable: 'HOTSPLIT_DATA_DIR',
    fallback: './data',
    meaning: 'folder of the embedded files and the generated admin key',
  },
  adminKey: {
    variable: 'HOTSPLIT_ADMIN_KEY',
    fallback: undefined,
    secret: true,
    meaning:
      'bootstrap admin key, 16 to 1,024 printable ASCII characters without blanks; by default generated at the first start and kept in `admin.key` in the data folder. Give every instance the same',
  },
  previousAdminKey: {
    variable: 'HOTSPLIT_PREVIOUS_ADMIN_KEY',
    fallback: undefined,
    secret: true,
    meaning:
      'a second bootstrap admin key that is good as well: the one before, while HOTSPLIT_ADMIN_KEY is being changed on all instances and by all who use it',
  },
  redisUrl: {
    variable: 'HOTSPLIT_REDIS_URL',
    fallback: undefined,
    secret: true,
    meaning:
      'Redis, over which instances tell each other what their caches should forget, keep rates together, share balances that were read (`consistency=cached`) and where the strategy `redis-lock` has its locks; without it they find out within seconds, rates and balances are each instance’s own, and locks are those of one process',
  },
  kafkaBrokersGiven: {
    variable: 'HOTSPLIT_KAFKA_BROKERS',
    fallback: undefined,
    meaning:
      'comma-separated `host:port` of Kafka brokers to begin with. While they are away everything else goes on',
  },
  kafkaTls: {
    variable: 'HOTSPLIT_KAFKA_TLS',
    fallback: 'off',
    meaning:
      '`on` speaks TLS with the brokers, whose certificates have to be trusted and to name their hosts',
  },
  kafkaTlsCa: {
    variable: 'HOTSPLIT_KAFKA_TLS_CA',
    fallback: undefined,
    meaning: 'file with the certificates (PEM) of the authorities to trust, in place of those of the system',
  },
  kafkaTlsCert: {
    variable: 'HOTSPLIT_KAFKA_TLS_CERT',
    fallback: undefined,
    meaning:
      'file with a certificate of the service itself (PEM), if the brokers ask for one; with HOTSPLIT_KAFKA_TLS_KEY',
  },
  kafkaTlsKey: {
    variable: 'HOTSPLIT_KAFKA_TLS_KEY',
    fallback: undefined,
    meaning: 'file with the private key (PEM) of that certificate',
  },
  kafkaSasl: {
    variable: 'HOTSPLIT_KAFKA_SASL',
    fallback: undefined,
    meaning:
      'how the service logs in to the brokers: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, with HOTSPLIT_KAFKA_USER and HOTSPLIT_KAFKA_PASSWORD; without it, not at all',
  },
  kafkaUser: {
    variable: 'HOTSPLIT_KAFKA_USER',
    fallback: undefined,
    meaning: 'the user’s name for that',
  },
  kafkaPassword: {
    variable: 'HOTSPLIT_KAFKA_PASSWORD',
    fallback: undefined,
    secret: true,
    meaning: 'the user’s password for that',
  },
  kafkaIntakeTopicsGiven: {
    variable: 'HOTSPLIT_KAFKA_INTAKE_TOPICS',
    fallback: undefined,
    meaning: 'comma-separated topics whose messages are charged (see intake.md); without it, none',
  },
  kafkaGroup: {
    variable: 'HOTSPLIT_KAFKA_GROUP',
    fallback: 'hotsplit',
    meaning: 'the consumer group that shares these topics: the same for all instances of one installation',
  },
  kafkaDeadLettersTopic: {
    variable: 'HOTSPLIT_KAFKA_DEAD_LETTERS_TOPIC',
    fallback: 'hotsplit.dead-letters',
    meaning: 'topic of the messages that could not be read or charged to anybody',
  },
  kafkaEvents: {
    variable: 'HOTSPLIT_KAFKA_EVENTS',
    fallback: 'on',
    meaning: '`off` publishes no events to Kafka, where there are brokers; the feed is kept all the same',
  },
  kafkaEventsTopic: {
    variable: 'HOTSPLIT_KAFKA_EVENTS_TOPIC',
    fallback: 'hotsplit.events',
    meaning: 'topic that events are published to (see events.md)',
  },
  kafkaSessionSeconds: {
    variable: 'HOTSPLIT_KAFKA_SESSION_SECONDS',
    fallback: '10',
    number: true,
    meaning:
      'seconds without a sign of life after which the group gives an instance’s partitions to the others (1–1,800); brokers take 6 at least, unless they are told otherwise',
  },
  kafkaInFlightMax: {
    variable: 'HOTSPLIT_KAFKA_IN_FLIGHT_MAX',
    fallback: '2000',
    number: true,
    meaning:
      'messages of one partition that may wait for their outcomes at once (1–1,000,000); with so many the partition is not read on',
  },
  logLevel: {
    variable: 'HOTSPLIT_LOG_LEVEL',
    fallback: 'info',
    meaning: 'error, warn, info or debug; one JSON object a line on standard error',
  },
  tracesUrl: {
    variable: 'HOTSPLIT_TRACES_URL',
    fallback: undefined,
    secret: true,
    meaning:
      'where OpenTelemetry traces are sent, OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; without it nothing is traced',
  },
  tracesSample: {
    variable: 'HOTSPLIT_TRACES_SAMPLE',
    fallback: '0.01',
    number: true,
    fraction: true,
    meaning:
      'share of the calls that are traced (0–1), of those that come without a `traceparent`; one that has it is traced if its flag says so. At most 500 a second',
  },
  accessLogSample: {
    variable: 'HOTSPLIT_ACCESS_LOG_SAMPLE',
    fallback: '0',
    number: true,
    fraction: true,
    meaning:
      'share of the calls at both doors that have a line in the log when they are answered (0–1), at the level info: ids, key id, method, route, status and time, and never a body, a key or the values of a query',
  },
  lanesPerShard: {
    variable: 'HOTSPLIT_LANES_PER_SHARD',
    fallback: '1',
    number: true,
    meaning:
      'transactions that run side by side on a MySQL shard (1–16); SQLite has one. More of them hide network time and let a batch that waits for a lock hold up fewer others, at the price of smaller batches',
  },
  batchCommandsMax: {
    variable: 'HOTSPLIT_BATCH_COMMANDS_MAX',
    fallback: '512',
    number: true,
    meaning: 'commands merged into one transaction (1–4,096)',
  },
  laneDepthMax: {
    variable: 'HOTSPLIT_LANE_DEPTH_MAX',
    fallback: '8192',
    number: true,
    meaning: 'commands that may wait in a lane; one more is answered OVERLOADED. At least the batch size',
  },
  waitMsMax: {
    variable: 'HOTSPLIT_WAIT_MS_MAX',
    fallback: '10000',
    number: true,
    meaning:
      'milliseconds a command may wait in a lane, or a list for its turn, before it is answered OVERLOADED instead of run',
  },
  mergeWindowMs: {
    variable: 'HOTSPLIT_MERGE_WINDOW_MS',
    fallback: '0',
    number: true,
    meaning:
      'milliseconds that a lane waits for company before each batch (up to 1,000); with 0 a batch is what came while the one before was under way',
  },
  strategySessions: {
    variable: 'HOTSPLIT_STRATEGY_SESSIONS',
    fallback: '16',
    number: true,
    meaning:
      'deductions that strategies other than `merged` carry out at once on one shard (1–256); on MySQL each has a session, beside those of the lanes',
  },
  strategyTriesMax: {
    variable: 'HOTSPLIT_STRATEGY_TRIES_MAX',
    fallback: '100',
    number: true,
    meaning:
      'tries of such a deduction in conflict before it is answered OVERLOADED (1–10,000); within HOTSPLIT_WAIT_MS_MAX',
  },
  strategyBackoffMsMax: {
    variable: 'HOTSPLIT_STRATEGY_BACKOFF_MS_MAX',
    fallback: '50',
    number: true,
    meaning:
      'milliseconds of the longest pause between two of its tries (1–10,000); each is random between 0 and a bound that doubles from 2 up to this',
  },
  lockMs: {
    variable: 'HOTSPLIT_LOCK_MS',
    fallback: '2000',
    number: true,
    meaning: 'milliseconds after which a lock of the strategy `redis-lock` expires (10–60,000)',
  },
  leaseAmountMax: {
    variable: 'HOTSPLIT_LEASE_AMOUNT_MAX',
    fallback: '1000000',
    number: true,
    meaning:
      'minor units that one lease of the strategy `leased` sets aside at most (1–10^15), and at most a quarter of what its sub-account has: what a crash of an instance may lose, for each shard of the account',
  },
  leaseFlushMs: {
    variable: 'HOTSPLIT_LEASE_FLUSH_MS',
    fallback: '20',
    number: true,
    meaning: 'milliseconds that a deduction answered from a lease waits before it is written (1–1,000)',
  },
  leaseTermMs: {
    variable: 'HOTSPLIT_LEASE_TERM_MS',
    fallback: '250',
    number: true,
    meaning:
      'milliseconds after a flush for which a lease is answered from without asking again (10–5,000): what freezing an account may have to wait for',
  },
  leaseSeconds: {
    variable: 'HOTSPLIT_LEASE_SECONDS',
    fallback: '5',
    number: true,
    meaning:
      'seconds without a flush after which a lease expires and what is left of it goes back (1–60); at least four times HOTSPLIT_LEASE_TERM_MS and HOTSPLIT_LEASE_FLUSH_MS',
  },
  leaseDeductionsMax: {
    variable: 'HOTSPLIT_LEASE_DEDUCTIONS_MAX',
    fallback: '10000',
    number: true,
    meaning:
      'deductions of an instance that were answered from leases and are not written yet (1–1,000,000); one more is answered OVERLOADED',
  },
  idempotencyDays: {
    variable: 'HOTSPLIT_IDEMPOTENCY_DAYS',
    fallback: '30',
    number: true,
    meaning:
      'days for which a request id that took effect before its account moved to other shards is found where it was then (1–3,650), and the longest that a hold may last, if less than 30; on the same shards it is found for ever',
  },
  auditLogDays: {
    variable: 'HOTSPLIT_AUDIT_LOG_DAYS',
    fallback: '400',
    number: true,
    meaning: 'days for which a line of the audit log is kept (1–36,500)',
  },
  intakeRecordsMax: {
    variable: 'HOTSPLIT_INTAKE_RECORDS_MAX',
    fallback: '1000000',
    number: true,
    meaning:
      'deductions that may wait on one shard after they were received to be charged later (1–1,000,000,000); one more is answered OVERLOADED. An account, or a key with its accounts, has a quarter of them, and more while half is free. Counted once a second, so several instances may each go a second’s worth beyond it',
  },
  queuedMsMax: {
    variable: 'HOTSPLIT_QUEUED_MS_MAX',
    fallback: '2000',
    number: true,
    meaning:
      'milliseconds for which a deduction of an account with the strategy `queued` waits for its outcome before it is answered as received (up to 120,000)',
  },
  screeningUrl: {
    variable: 'HOTSPLIT_SCREENING_URL',
    fallback: undefined,
    secret: true,
    meaning:
      'URL (`http://` or `https://`) of a service that is asked whether an asynchronous deduction may be charged, see screening.md; by default nobody is',
  },
  screeningSecret: {
    variable: 'HOTSPLIT_SCREENING_SECRET',
    fallback: undefined,
    secret: true,
    meaning: 'sent to that service as `Authorization: Bearer …`; 16 to 1,024 printable ASCII characters',
  },
  screeningMsMax: {
    variable: 'HOTSPLIT_SCREENING_MS_MAX',
    fallback: '200',
    number: true,
    meaning: 'milliseconds that one call to it may take (10–60,000); then it has failed',
  },
  screeningOnFailure: {
    variable: 'HOTSPLIT_SCREENING_ON_FAILURE',
    fallback: 'wait',
    meaning:
      'what becomes of charges of which it said nothing usable: `wait` (asked about again), `pass` (charged) or `reject`',
  },
  screeningBatchMax: {
    variable: 'HOTSPLIT_SCREENING_BATCH_MAX',
    fallback: '200',
    number: true,
    meaning: 'charges that one call asks about (1–5,000)',
  },
  screeningCallsMax: {
    variable: 'HOTSPLIT_SCREENING_CALLS_MAX',
    fallback: '8',
    number: true,
    meaning: 'calls of one process that are under way at once (1–256)',
  },
  screeningWaitSecondsMax: {
    variable: 'HOTSPLIT_SCREENING_WAIT_SECONDS_MAX',
    fallback: '86400',
    number: true,
    meaning:
      'seconds after it was received for which a deduction may wait for a verdict (up to 2,592,000); then it is rejected',
  },
  velocityPerSecond: {
    variable: 'HOTSPLIT_VELOCITY_PER_SECOND',
    fallback: '0',
    number: true,
    meaning:
      'asynchronous deductions that may be charged of those that came in within one second, by HOTSPLIT_VELOCITY_BY (up to 1,000,000); what is beyond is rejected; 0 for no bound. Counted by each process, see screening.md',
  },
  velocityAmountPerMinute: {
    variable: 'HOTSPLIT_VELOCITY_AMOUNT_PER_MINUTE',
    fallback: '0',
    number: true,
    meaning: 'minor units of those that came in within one minute (up to 10^15); 0 for no bound',
  },
  velocityBy: {
    variable: 'HOTSPLIT_VELOCITY_BY',
    fallback: 'account',
    meaning:
      '`account`: counts by account. `metadata:KEY`: by account and the value under this key of the metadata; deductions without the key are not counted',
  },
  rebalanceMs: {
    variable: 'HOTSPLIT_REBALANCE_MS',
    fallback: '250',
    number: true,
    meaning:
      'milliseconds between two looks of the rebalancer at the busy accounts (up to 60,000); 0 turns it off, and every imbalance is left to the collector',
  },
  hotPerSecond: {
    variable: 'HOTSPLIT_HOT_PER_SECOND',
    fallback: '500',
    number: true,
    meaning:
      'commands a second, over all instances, that make an account hot; with less than half of them it cools',
  },
  hotCooledSeconds: {
    variable: 'HOTSPLIT_HOT_COOLED_SECONDS',
    fallback: '60',
    number: true,
    meaning: 'for how long an account must have less than that to be hot no more (up to 86,400)',
  },
  autoSplit: {
    variable: 'HOTSPLIT_AUTO_SPLIT',
    fallback: 'off',
    meaning:
      '`on` or `off`: whether accounts that are hot, gain by it, and were made without a fixed number of sub-accounts are split by themselves; hot accounts are found either way',
  },
  autoSplitMax: {
    variable: 'HOTSPLIT_AUTO_SPLIT_MAX',
    fallback: '16',
    number: true,
    meaning: 'into how many sub-accounts at most, where an account has no `max` of its own (1 to 1,024)',
  },
  autoSplitPauseSeconds: {
    variable: 'HOTSPLIT_AUTO_SPLIT_PAUSE_SECONDS',
    fallback: '60',
    number: true,
    meaning: 'seconds between two such decisions about one account (5 to 86,400)',
  },
  autoSplitBackSeconds: {
    variable: 'HOTSPLIT_AUTO_SPLIT_BACK_SECONDS',
    fallback: '900',
    number: true,
    meaning:
      'for how long an account must have cooled before it is made as it was (up to 604,800); twice as long for each time that it was split in the last day',
  },
  auditHours: {
    variable: 'HOTSPLIT_AUDIT_HOURS',
    fallback: '24',
    number: true,
    meaning:
      'hours between two scheduled audits of everything, by one instance of all (up to 8,760); 0 turns them off',
  },
  events: {
    variable: 'HOTSPLIT_EVENTS',
    fallback: 'on',
    meaning:
      '`off` keeps no feed of events: nothing is written for it, and reading it is answered EVENTS_OFF. Give every instance the same',
  },
  eventsRetentionHours: {
    variable: 'HOTSPLIT_EVENTS_RETENTION_HOURS',
    fallback: '168',
    number: true,
    meaning:
      'hours for which events are kept for their readers (1–8,760); a reader that stopped for longer is answered CURSOR_EXPIRED. Entries themselves are kept for good',
  },
  balanceRestSeconds: {
    variable: 'HOTSPLIT_BALANCE_REST_SECONDS',
    fallback: '5',
    number: true,
    meaning:
      'two `hotsplit.balance.replenished` of one account are so far apart at least (0–3,600), so that an account whose balance goes up and down around `lowBalance` makes no more than three events in that time',
  },
  webhookPrivateAddresses: {
    variable: 'HOTSPLIT_WEBHOOK_PRIVATE_ADDRESSES',
    fallback: 'off',
    meaning:
      '`on` lets webhooks name receivers at addresses that are not public, and receivers without TLS: for tests, and where every administrator may reach everything that the service can',
  },
  eventStreamsMax: {
    variable: 'HOTSPLIT_EVENT_STREAMS_MAX',
    fallback: '100',
    number: true,
    meaning:
      'readers that one instance lets follow the feed over connections of their own (1–10,000); one more is answered OVERLOADED',
  },
  startSecondsMax: {
    variable: 'HOTSPLIT_START_SECONDS_MAX',
    fallback: '60',
    number: true,
    meaning: 'seconds to wait for the directory at start',
  },
  drainSeconds: {
    variable: 'HOTSPLIT_DRAIN_SECONDS',
    fallback: '0',
    number: true,
    meaning:
      'seconds for which a service that is told to stop goes on serving while `/readyz` and the gRPC health service say that it stops (up to 300), so that load balancers send nothing more here; then the listeners close',
  },
  stopSecondsMax: {
    variable: 'HOTSPLIT_STOP_SECONDS_MAX',
    fallback: '20',
    number: true,
    meaning:
      'seconds that an orderly stop may take, counted from the end of HOTSPLIT_DRAIN_SECONDS, before the process ends anyway',
  },
} as const satisfies Record<keyof PlainSettings, SettingDescription>;

export class Settings extends PlainSettings {
  httpTls: CertificateFiles | undefined;
  grpcTls: CertificateFiles | undefined;
  shardAddresses!: readonly ShardAddress[];
  /** Where a shard that is added may be. */
  shardHosts!: readonly AllowedHost[];
  readonly lostShards: { readonly name: string; readonly incarnation: string }[] = [];
  directoryLocation!: Location;
  kafka: KafkaSettings | undefined;
}

/** When accounts are split by themselves, and how far. */
export function splitSettingsOf(settings: Settings): Partial<SplitSettings> {
  return {
    subAccountsMax: settings.autoSplitMax,
    coolDownMs: settings.autoSplitPauseSeconds * 1_000,
    backMs: settings.autoSplitBackSeconds * 1_000,
    batchCommandsMin: Math.min(SPLIT_SETTINGS.batchCommandsMin, Math.ceil(settings.batchCommandsMax / 2)),
  };
}

/** The bounds of the strategies; what waits for one of their sessions waits as it would in a lane. */
export function strategySettingsOf(settings: Settings): StrategySettings {
  return {
    ...STRATEGY_SETTINGS,
    sessionsPerShard: settings.strategySessions,
    triesMax: settings.strategyTriesMax,
    backoffMsMax: settings.strategyBackoffMsMax,
    waitingMax: settings.laneDepthMax,
    waitMsMax: settings.waitMsMax,
    lockMs: settings.lockMs,
    lease: {
      amountMaxMinor: BigInt(settings.leaseAmountMax),
      flushMs: settings.leaseFlushMs,
      termMs: settings.leaseTermMs,
      expiryMs: settings.leaseSeconds * 1_000,
      deductionsMax: settings.leaseDeductionsMax,
    },
  };
}

/** What screening works by; the built-in rule only where it has a bound. */
export function screeningSettingsOf(settings: Settings): Partial<ScreeningSettings> {
  const { velocityPerSecond, velocityAmountPerMinute, velocityBy } = settings;
  const metadataKey = /^metadata:(.+)$/.exec(velocityBy)?.[1];
  return {
    onFailure: settings.screeningOnFailure,
    callMsMax: settings.screeningMsMax,
    itemsMax: settings.screeningBatchMax,
    callsMax: settings.screeningCallsMax,
    waitMsMax: settings.screeningWaitSecondsMax * 1_000,
    ...(velocityPerSecond + velocityAmountPerMinute > 0 && {
      velocity: {
        ...(velocityPerSecond > 0 && { countPerSecondMax: velocityPerSecond }),
        ...(velocityAmountPerMinute > 0 && { minorPerMinuteMax: BigInt(velocityAmountPerMinute) }),
        metadataKey,
      },
    }),
  };
}

/** What is set and may be shown, by variable: secrets are not, nor URLs, which may have one. */
export function changedSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries<SettingDescription>(SETTINGS).flatMap(([property, { variable, fallback, secret }]) => {
      const value = settings[property as keyof typeof SETTINGS];
      return secret === true || value === undefined || String(value) === fallback ? [] : [[variable, value]];
    }),
  );
}

/** All faults of the environment, reported together; messages name variables and rules, never the values of secrets. */
export class SettingsError extends Error {
  readonly code = 'INVALID_SETTINGS';

  constructor(readonly faults: readonly string[]) {
    super(`the settings are not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/** @throws SettingsError with every fault found */
export function readSettings(given: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const environment = withSecretsOfFiles(withoutServiceLinks(given), SECRETS, faults);
  faults.push(...unknownVariables(environment));
  const settings = plainToInstance(Settings, plainValues(environment));
  // As in a URL; the system's own functions know no brackets.
  settings.host = settings.host.replace(/^\[(.*)\]$/, '$1');

  for (const { property, constraints = {}, value } of validateSync(settings)) {
    const { variable, ...description } = SETTINGS[property as keyof typeof SETTINGS];
    const shown = 'secret' in description ? 'what it is set to' : JSON.stringify(value);
    const rules = Object.values(constraints).map((rule) => rule.replace(property, '').trim());
    faults.push(`${variable}: ${shown} does not do: ${rules.join('; ')}`);
  }
  faults.push(...settingsWithoutCompanion(environment, DEFAULTS));
  if (settings.laneDepthMax < settings.batchCommandsMax) {
    faults.push('HOTSPLIT_LANE_DEPTH_MAX must be at least HOTSPLIT_BATCH_COMMANDS_MAX');
  }
  const { screeningUrl } = settings;
  if (screeningUrl !== undefined && attempt(() => new URL(screeningUrl)))
    faults.push('HOTSPLIT_SCREENING_URL is not a URL');
  if (settings.leaseSeconds * 1_000 < 4 * Math.max(settings.leaseTermMs, settings.leaseFlushMs))
    faults.push(
      'HOTSPLIT_LEASE_SECONDS must be at least four times HOTSPLIT_LEASE_TERM_MS and HOTSPLIT_LEASE_FLUSH_MS',
    );
  readTls(settings, faults);
  settings.kafka = readKafka(settings, faults);
  locate(settings, faults);
  const { shardHostsGiven } = settings;
  const fault = attempt(() => {
    settings.shardHosts =
      shardHostsGiven === undefined ? configuredHosts(settings) : parseAllowedHosts(shardHostsGiven);
  });
  if (fault) faults.push(`HOTSPLIT_SHARD_HOSTS: ${fault}`);
  if (settings.workers > 1 && locationsOf(settings).some(({ kind }) => kind === 'sqlite'))
    faults.push(
      'HOTSPLIT_WORKERS above 1 needs MySQL shards, and the directory on MySQL too: one process owns a SQLite file',
    );
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

function locationsOf({ shardAddresses, directoryLocation }: Partial<Settings>): Location[] {
  const shards = (shardAddresses ?? []).map(({ location }) => location);
  return directoryLocation ? [...shards, directoryLocation] : shards;
}

function configuredHosts(settings: Partial<Settings>): AllowedHost[] {
  const urls = locationsOf(settings).flatMap((location) => (location.kind === 'mysql' ? [location.url] : []));
  const hosts = urls.flatMap((url) => nodeHosts(url).map(({ host }) => host));
  return [...new Set(hosts)].map((host) => ({ host }));
}

const WHOLE = /^[0-9]{1,15}$/;
const FRACTION = /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/;

function plainValues(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [property, description] of Object.entries<SettingDescription>(SETTINGS)) {
    const set = environment[description.variable];
    const text = (description.secret ? set?.trim() : set) || description.fallback;
    if (text === undefined) continue;
    const form = description.fraction ? FRACTION : WHOLE;
    values[property] = description.number && form.test(text) ? Number(text) : text;
  }
  return values;
}

const DEFAULTS = new Map(
  Object.values<SettingDescription>(SETTINGS).map(({ variable, fallback }) => [variable, fallback]),
);

const SECRETS = Object.values<SettingDescription>(SETTINGS)
  .filter(({ secret }) => secret)
  .map(({ variable }) => variable);

/** A misspelt variable would silently leave its default in force. */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const variables = Object.values(SETTINGS).map(({ variable }) => variable);
  const known = new Set<string>([...variables, ...SECRETS.map(fileVariable)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('HOTSPLIT_') && !known.has(name) && !FOREIGN_VARIABLE.test(name))
    .map((name) => `${name}: there is no such setting`);
}

/** The client's and the test suite's own variables. */
const FOREIGN_VARIABLE = /^HOTSPLIT_(URL|KEY|KEY_FILE|SERVERS_DIR|TEST_.*|BENCH_.*|MYSQL_SERVER_TOOL)$/;

/** A certificate that cannot be used is found now and not by the first client. */
function readTls(settings: Settings, faults: string[]): void {
  for (const door of ['http', 'grpc'] as const) {
    const { [`${door}TlsCert` as const]: cert, [`${door}TlsKey` as const]: key } = settings;
    const names = `HOTSPLIT_${door.toUpperCase()}_TLS_CERT and HOTSPLIT_${door.toUpperCase()}_TLS_KEY`;
    if (cert === undefined && key === undefined) continue;
    if (cert === undefined || key === undefined) {
      faults.push(`${names} must be set together`);
      continue;
    }
    const fault = attempt(() => (settings[`${door}Tls`] = new CertificateFiles({ cert, key })));
    if (fault) faults.push(`${names} cannot be used: ${fault}`);
  }
}

function locate(settings: Settings, faults: string[]): void {
  const embedded = Array.from(
    { length: EMBEDDED_SHARDS },
    (_, n) => `sqlite:${join(settings.dataDir, `shard-${n}.sqlite`)}`,
  );
  const addresses: ShardAddress[] = [];
  const parts = settings.shards === undefined ? embedded : splitAddresses(settings.shards);
  for (const [position, part] of parts.entries()) {
    const fault = attempt(() => {
      const address = parseShardAddress(part, position);
      checkTlsFiles(address.location);
      addresses.push(address);
    });
    if (fault) faults.push(`HOTSPLIT_SHARDS, entry ${position + 1}: ${fault}`);
  }
  const names = addresses.map(({ name }) => name);
  const twice = names.filter((name, position) => names.indexOf(name) !== position);
  if (twice.length > 0) faults.push(`HOTSPLIT_SHARDS names a shard twice: ${[...new Set(twice)].join(', ')}`);
  settings.shardAddresses = addresses;

  for (const part of settings.lostShardsGiven?.split(',') ?? []) {
    const [, name, incarnation] = /^([^=]+)=([^=]+)$/.exec(part.trim()) ?? [];
    if (name === undefined || incarnation === undefined)
      faults.push(
        'HOTSPLIT_LOST_SHARDS: each entry is a shard’s name, "=" and the incarnation that it loses',
      );
    else settings.lostShards.push({ name, incarnation });
  }

  const { directory } = settings;
  const first = addresses[0]?.location;
  if (directory === undefined) {
    if (first) settings.directoryLocation = first;
    return;
  }
  const fault = attempt(() => {
    settings.directoryLocation = parseLocation(directory);
    checkTlsFiles(settings.directoryLocation);
  });
  if (fault) faults.push(`HOTSPLIT_DIRECTORY: ${fault}`);
}

/** @throws Error for files of a URL that cannot be used */
function checkTlsFiles(location: Location): void {
  if (location.kind === 'mysql') MysqlTls.of(location.url);
}

function attempt(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
