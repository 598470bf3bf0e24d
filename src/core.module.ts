import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { EngineRuntime } from './engine/runtime';
import { AccessLog } from './platform/access-log';
import { AccountNotices } from './platform/account-notices';
import { AnonymousThrottle } from './platform/anonymous-throttle';
import { BodyBudget } from './api/body-budget';
import { ItemGate } from './platform/item-gate';
import { ListGate } from './platform/list-gate';
import { ADMIN_KEY, ApiKeys, KEY_SETTINGS, type KeySettings } from './platform/api-keys';
import { ConsoleSessions } from './platform/console-sessions';
import { EngineLifeCycle, SCREENING } from './platform/engine-life-cycle';
import { engineRuntime } from './platform/engine-runtime';
import { HttpScreening } from './platform/http-screening';
import { KafkaMetrics } from './platform/kafka/kafka-metrics';
import { Metrics } from './platform/metrics';
import { InProcessNotices, NOTICES, type Notices } from './platform/notices';
import { RedisHeat } from './platform/redis-heat';
import { RedisLocks } from './platform/redis-locks';
import { RedisNotices } from './platform/redis-notices';
import { AccountRates } from './platform/rates/account-rates';
import { RateLimits } from './platform/rates/rate-limits';
import { RedisRateStore } from './platform/rates/redis-rate-store';
import { Settings } from './platform/settings';
import { TraceExport } from './platform/traces/trace-export';
import { TRACES, Traces } from './platform/traces/traces';
import { StructuredLog } from './platform/structured-log';
import { SharedMetrics } from './processes/shared-metrics';
import { WORKER_LINE, type WorkerLine, workerLine } from './processes/worker-line';
import { WorkerNotices } from './processes/worker-notices';

/** What every module stands on: settings, metrics, keys, notices and the engine. */
@Module({})
export class CoreModule {
  static forSettings(settings: Settings, adminKey: string): DynamicModule {
    const providers: Provider[] = [
      { provide: Settings, useValue: settings },
      { provide: ADMIN_KEY, useValue: adminKey },
      { provide: StructuredLog, useValue: new StructuredLog(settings.logLevel) },
      Metrics,
      KafkaMetrics,
      { provide: LOCKS, useFactory: locksOf, inject: [Settings, Metrics] },
      {
        provide: EngineRuntime,
        useFactory: engineRuntime,
        inject: [Settings, Metrics, LOCKS, SCREENING, HEAT],
      },
      { provide: HEAT, useFactory: heatOf, inject: [Settings, Metrics] },
      { provide: SCREENING, useFactory: screeningOf, inject: [Settings] },
      { provide: WORKER_LINE, useFactory: workerLine },
      SharedMetrics,
      { provide: NOTICES, useFactory: noticesOf, inject: [Settings, Metrics, WORKER_LINE] },
      EngineLifeCycle,
      { provide: KEY_SETTINGS, useValue: keySettingsOf(settings) },
      ApiKeys,
      ConsoleSessions,
      {
        provide: AnonymousThrottle,
        useFactory: anonymousThrottle,
        inject: [Settings, Metrics, EngineRuntime],
      },
      { provide: BodyBudget, useFactory: bodyBudget, inject: [Settings, Metrics] },
      { provide: ListGate, useFactory: listGate, inject: [Settings, Metrics, EngineRuntime] },
      { provide: ItemGate, useFactory: itemGate, inject: [Settings, Metrics, EngineRuntime] },
      { provide: RATE_STORE, useFactory: rateStoreOf, inject: [Settings, Metrics] },
      { provide: RateLimits, useFactory: rateLimits, inject: [RATE_STORE, EngineRuntime] },
      { provide: AccountRates, useFactory: accountRates, inject: [RateLimits, EngineRuntime] },
      { provide: TRACE_EXPORT, useFactory: traceExport, inject: [Settings, Metrics, EngineRuntime] },
      { provide: TRACES, useFactory: tracesOf, inject: [TRACE_EXPORT, Settings, EngineRuntime] },
      AccountNotices,
      { provide: AccessLog, useFactory: accessLog, inject: [Settings, StructuredLog, EngineRuntime] },
    ];
    return { module: CoreModule, global: true, providers, exports: providers };
  }
}

const MEBIBYTE = 1024 * 1024;

/** Both doors share one: it bounds the memory of the process. */
function bodyBudget({ httpBodiesMibMax }: Settings, metrics: Metrics): BodyBudget {
  const budget = new BodyBudget(httpBodiesMibMax * MEBIBYTE);
  metrics.readBodiesFrom(() => budget.taken);
  return budget;
}

/** Both doors share one: there is one event loop. */
function listGate({ waitMsMax }: Settings, metrics: Metrics, { surroundings }: EngineRuntime): ListGate {
  const gate = new ListGate({
    surroundings,
    waitMsMax,
    refused: (reason, keyId) => {
      metrics.listRefused(reason, keyId);
    },
  });
  metrics.readListsFrom(() => gate.waiting);
  return gate;
}

/** Under way of one key's batches, however few lanes there are; and enough for a batch of every lane beside the one it carries out. */
const KEY_ITEMS_MIN = 4_096;
const BATCHES_A_LANE = 2;

/** Both doors share one: there is one event loop, and one set of lanes. */
function itemGate(
  { waitMsMax, batchCommandsMax }: Settings,
  metrics: Metrics,
  runtime: EngineRuntime,
): ItemGate {
  const { surroundings, mix, shards } = runtime;
  const lanes = shards.all.reduce((sum, { shard }) => sum + shard.parallelism, 0);
  const gate = new ItemGate({
    surroundings,
    waitMsMax,
    itemsMax: 2 * Math.max(KEY_ITEMS_MIN, BATCHES_A_LANE * batchCommandsMax * lanes),
    isMixed: (now) => mix.isMixed(now),
    refused: (items, keyId) => {
      metrics.itemsRefused(items, keyId);
    },
  });
  metrics.readItemsFrom(() => gate.waiting);
  return gate;
}

function accessLog(
  { accessLogSample }: Settings,
  log: StructuredLog,
  { surroundings }: EngineRuntime,
): AccessLog {
  return new AccessLog(log, accessLogSample, () => surroundings.random());
}

const RATE_STORE = Symbol('rates');

/** None: each instance keeps rates by itself. */
function rateStoreOf({ redisUrl }: Settings, metrics: Metrics): RedisRateStore | undefined {
  if (redisUrl === undefined) return undefined;
  const store = new RedisRateStore(redisUrl, metrics);
  metrics.dependencies.readRedisFrom('rates', () => store.isUp);
  return store;
}

function rateLimits(shared: RedisRateStore | undefined, { surroundings }: EngineRuntime): RateLimits {
  return new RateLimits({ shared, surroundings });
}

function accountRates(limits: RateLimits, { accounts }: EngineRuntime): AccountRates {
  return new AccountRates(limits, (accountId) => accounts.peek(accountId));
}

const TRACE_EXPORT = Symbol('trace export');

/** None: nothing is traced. */
function traceExport(
  { tracesUrl: url }: Settings,
  observer: Metrics,
  { instanceId }: EngineRuntime,
): TraceExport | undefined {
  return url === undefined ? undefined : new TraceExport({ url, instanceId, observer });
}

function tracesOf(
  exporter: TraceExport | undefined,
  { tracesSample: share }: Settings,
  { surroundings }: EngineRuntime,
): Traces | undefined {
  return (
    exporter &&
    new Traces({
      tracer: exporter.tracer,
      share,
      random: () => surroundings.random(),
      now: () => surroundings.now(),
    })
  );
}

const HEAT = Symbol('heat');

/** None: instances tell each other over the directory what they are busy with. */
function heatOf({ redisUrl }: Settings, metrics: Metrics): RedisHeat | undefined {
  if (redisUrl === undefined) return undefined;
  const heat = new RedisHeat(redisUrl, metrics);
  metrics.dependencies.readRedisFrom('heat', () => heat.isUp);
  return heat;
}

const LOCKS = Symbol('locks');

/** None: the engine keeps them in its process. */
function locksOf({ redisUrl }: Settings, metrics: Metrics): RedisLocks | undefined {
  if (redisUrl === undefined) return undefined;
  const locks = new RedisLocks(redisUrl, metrics);
  metrics.dependencies.readRedisFrom('locks', () => locks.isUp);
  return locks;
}

/** None: nobody is asked. */
function screeningOf(settings: Settings): HttpScreening | undefined {
  const { screeningUrl: url, screeningSecret: secret, screeningCallsMax: connectionsMax } = settings;
  return url === undefined ? undefined : new HttpScreening({ url, secret, connectionsMax });
}

function keySettingsOf({ keyRecheckMs, keyStaleSecondsMax, previousAdminKey }: Settings): KeySettings {
  return {
    recheckMs: keyRecheckMs,
    staleMsMax: keyStaleSecondsMax * 1_000,
    ...(previousAdminKey !== undefined && { previousAdminKey }),
  };
}

const ADDRESSES_MAX = 10_000;
const ANONYMOUS_HELD_MAX = 16_384;

function anonymousThrottle(
  { anonymousPerSecond }: Settings,
  metrics: Metrics,
  { surroundings }: EngineRuntime,
): AnonymousThrottle {
  const throttle = new AnonymousThrottle({
    settings: { perSecond: anonymousPerSecond, addressesMax: ADDRESSES_MAX, heldMax: ANONYMOUS_HELD_MAX },
    now: () => surroundings.now(),
    later: (ms, run) => surroundings.later(ms, run),
    random: () => surroundings.random(),
    counted: (result) => {
      metrics.anonymousSlowed(result);
    },
  });
  metrics.readAnonymousHeldFrom(() => throttle.held);
  return throttle;
}

function noticesOf(settings: Settings, metrics: Metrics, line: WorkerLine | undefined): Notices {
  if (settings.redisUrl !== undefined) {
    const notices = new RedisNotices(settings.redisUrl, metrics);
    metrics.dependencies.readRedisFrom('notices', () => notices.isUp);
    return notices;
  }
  return line ? new WorkerNotices(line) : new InProcessNotices();
}
