import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { EngineRuntime } from './engine/runtime';
import { AccountNotices } from './platform/account-notices';
import { AnonymousThrottle } from './platform/anonymous-throttle';
import { BodyBudget } from './api/body-budget';
import { ADMIN_KEY, ApiKeys, KEY_SETTINGS, type KeySettings } from './platform/api-keys';
import { EngineLifeCycle } from './platform/engine-life-cycle';
import { engineRuntime } from './platform/engine-runtime';
import { Metrics } from './platform/metrics';
import { InProcessNotices, NOTICES, type Notices } from './platform/notices';
import { RedisLocks } from './platform/redis-locks';
import { RedisNotices } from './platform/redis-notices';
import { Settings } from './platform/settings';
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
      { provide: LOCKS, useFactory: locksOf, inject: [Settings, Metrics] },
      { provide: EngineRuntime, useFactory: engineRuntime, inject: [Settings, Metrics, LOCKS] },
      { provide: WORKER_LINE, useFactory: workerLine },
      SharedMetrics,
      { provide: NOTICES, useFactory: noticesOf, inject: [Settings, Metrics, WORKER_LINE] },
      EngineLifeCycle,
      { provide: KEY_SETTINGS, useValue: keySettingsOf(settings) },
      ApiKeys,
      {
        provide: AnonymousThrottle,
        useFactory: anonymousThrottle,
        inject: [Settings, Metrics, EngineRuntime],
      },
      { provide: BodyBudget, useFactory: bodyBudget, inject: [Settings, Metrics] },
      AccountNotices,
    ];
    return { module: CoreModule, global: true, providers, exports: providers };
  }
}

const MEBIBYTE = 1024 * 1024;

/** Both doors share one: it bounds the memory of the process. */
function bodyBudget({ httpBodiesMibMax }: Settings, metrics: Metrics): BodyBudget {
  const budget = new BodyBudget(httpBodiesMibMax * MEBIBYTE);
  metrics.readBodiesFrom(() => budget.takenBytes);
  return budget;
}

const LOCKS = Symbol('locks');

/** None: the engine keeps them in its process. */
function locksOf(settings: Settings, metrics: Metrics): RedisLocks | undefined {
  return settings.redisUrl === undefined ? undefined : new RedisLocks(settings.redisUrl, metrics);
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
  if (settings.redisUrl !== undefined) return new RedisNotices(settings.redisUrl, metrics);
  return line ? new WorkerNotices(line) : new InProcessNotices();
}
