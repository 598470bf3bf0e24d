import { plainToInstance } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Length, Matches, Max, Min, validateSync } from 'class-validator';
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
import { MysqlTls } from '../shards/mysql/mysql-tls';
import { STRATEGY_SETTINGS, type StrategySettings } from '../strategies/strategy-settings';
import { CertificateFiles } from './certificate-files';
import { fileVariable, withSecretsOfFiles } from './secret-files';
import { withoutServiceLinks } from './service-links';
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
  @IsIn(LOG_LEVELS) logLevel!: LogLevel;
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
  @IsInt() @Min(0) @Max(60_000) rebalanceMs!: number;
  @IsInt() @Min(0) @Max(8_760) auditHours!: number;
  @IsInt() @Min(1) @Max(600) startSecondsMax!: number;
  @IsInt() @Min(0) @Max(300) drainSeconds!: number;
  @IsInt() @Min(1) @Max(300) stopSecondsMax!: number;
}

interface SettingDescription {
  readonly variable: string;
  readonly fallback: string | undefined;
  readonly number?: true;
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
      'Redis, over which instances tell each other what their caches should forget and where the strategy `redis-lock` has its locks; without it they find out within seconds, and locks are those of one process',
  },
  logLevel: {
    variable: 'HOTSPLIT_LOG_LEVEL',
    fallback: 'info',
    meaning: 'error, warn, info or debug; one JSON object a line on standard error',
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
    meaning: 'milliseconds a command may wait in a lane before it is answered OVERLOADED instead of run',
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
  intakeRecordsMax: {
    variable: 'HOTSPLIT_INTAKE_RECORDS_MAX',
    fallback: '1000000',
    number: true,
    meaning:
      'deductions that may wait on one shard after they were received to be charged later (1–1,000,000,000); one more is answered OVERLOADED. Counted once a second, so several instances may each go a second’s worth beyond it',
  },
  rebalanceMs: {
    variable: 'HOTSPLIT_REBALANCE_MS',
    fallback: '250',
    number: true,
    meaning:
      'milliseconds between two looks of the rebalancer at the busy accounts (up to 60,000); 0 turns it off, and every imbalance is left to the collector',
  },
  auditHours: {
    variable: 'HOTSPLIT_AUDIT_HOURS',
    fallback: '24',
    number: true,
    meaning:
      'hours between two scheduled audits of everything, by one instance of all (up to 8,760); 0 turns them off',
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
  if (settings.laneDepthMax < settings.batchCommandsMax) {
    faults.push('HOTSPLIT_LANE_DEPTH_MAX must be at least HOTSPLIT_BATCH_COMMANDS_MAX');
  }
  if (settings.leaseSeconds * 1_000 < 4 * Math.max(settings.leaseTermMs, settings.leaseFlushMs))
    faults.push(
      'HOTSPLIT_LEASE_SECONDS must be at least four times HOTSPLIT_LEASE_TERM_MS and HOTSPLIT_LEASE_FLUSH_MS',
    );
  readTls(settings, faults);
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

function plainValues(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [property, description] of Object.entries<SettingDescription>(SETTINGS)) {
    const set = environment[description.variable];
    const text = (description.secret ? set?.trim() : set) || description.fallback;
    if (text === undefined) continue;
    values[property] = description.number && /^[0-9]{1,15}$/.test(text) ? Number(text) : text;
  }
  return values;
}

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

/** The client's and the test suite's own variables, and settings of the contract that come with later features. */
const FOREIGN_VARIABLE =
  /^HOTSPLIT_(URL|KEY|KEY_FILE|SERVERS_DIR|TEST_.*|BENCH_.*|MYSQL_SERVER_TOOL|KAFKA_BROKERS)$/;

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
