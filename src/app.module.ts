import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { AccountService } from './accounts/account.service';
import { AuditModule } from './audit/audit.module';
import { AccountMethods } from './api/grpc/account-methods';
import { AccountStatusMethods } from './api/grpc/account-status-methods';
import { AdminMethods } from './api/grpc/admin-methods';
import { DeductionMethods } from './api/grpc/deduction-methods';
import { GrpcApi } from './api/grpc/grpc-api';
import { HealthService } from './api/grpc/health-service';
import { KeyMethods } from './api/grpc/key-methods';
import { ShardMethods } from './api/grpc/shard-methods';
import { StreamDoor } from './api/grpc/stream-door';
import { AccountController } from './api/rest/account.controller';
import { AccountStatusController } from './api/rest/account-status.controller';
import { BatchController } from './api/rest/batch.controller';
import { DeductionController } from './api/rest/deduction.controller';
import { HealthController } from './api/rest/health.controller';
import { HoldController } from './api/rest/hold.controller';
import { KeyController } from './api/rest/key.controller';
import { OperationController } from './api/rest/operation.controller';
import { RestApi } from './api/rest/rest-api';
import { ReversalController } from './api/rest/reversal.controller';
import { ShardController } from './api/rest/shard.controller';
import { StrategyController } from './api/rest/strategy.controller';
import { SubAccountController } from './api/rest/sub-account.controller';
import { BalanceService } from './balances/balance.service';
import { DeductionService } from './deductions/deduction.service';
import { EngineRuntime } from './engine/runtime';
import { HoldService } from './holds/hold.service';
import { AccountNotices } from './platform/account-notices';
import { AnonymousThrottle } from './platform/anonymous-throttle';
import { ADMIN_KEY, ApiKeys, KEY_SETTINGS, type KeySettings } from './platform/api-keys';
import { Health } from './platform/health';
import { Metrics } from './platform/metrics';
import { InProcessNotices, NOTICES, type Notices } from './platform/notices';
import { RedisLocks } from './platform/redis-locks';
import { RedisNotices } from './platform/redis-notices';
import { Settings, strategySettingsOf } from './platform/settings';
import { StructuredLog } from './platform/structured-log';
import { faultsOf, readRoundsOf } from './platform/test-faults';
import { SharedMetrics } from './processes/shared-metrics';
import { WORKER_LINE, type WorkerLine, workerLine } from './processes/worker-line';
import { WorkerNotices } from './processes/worker-notices';
import { OperationsModule } from './operations/operations.module';
import { ShardService } from './operations/shard.service';
import { RebalancerModule } from './rebalancer/rebalancer.module';

/** What every part stands on: settings, metrics, keys and the engine's runtime. */
@Module({})
class CoreModule {
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
      { provide: KEY_SETTINGS, useValue: keySettingsOf(settings) },
      ApiKeys,
      {
        provide: AnonymousThrottle,
        useFactory: anonymousThrottle,
        inject: [Settings, Metrics, EngineRuntime],
      },
      AccountNotices,
      Health,
    ];
    return { module: CoreModule, global: true, providers, exports: providers };
  }
}

/** The wiring: one engine runtime, the features over it, the doors over them. */
@Module({})
export class AppModule {
  static forSettings(settings: Settings, adminKey: string): DynamicModule {
    return {
      module: AppModule,
      imports: [CoreModule.forSettings(settings, adminKey), OperationsModule, RebalancerModule, AuditModule],
      providers: [
        AccountService,
        DeductionService,
        HoldService,
        BalanceService,
        ShardService,
        AccountController,
        AccountStatusController,
        DeductionController,
        ReversalController,
        HoldController,
        BatchController,
        SubAccountController,
        StrategyController,
        OperationController,
        ShardController,
        KeyController,
        HealthController,
        RestApi,
        DeductionMethods,
        AccountMethods,
        AccountStatusMethods,
        AdminMethods,
        KeyMethods,
        ShardMethods,
        StreamDoor,
        HealthService,
        GrpcApi,
      ],
    };
  }
}

const DAY_MS = 24 * 3_600_000;

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

function engineRuntime(settings: Settings, metrics: Metrics, locks: RedisLocks | undefined): EngineRuntime {
  const reach = faultsOf(process.env['HOTSPLIT_TEST_FAULT']);
  const readRoundsMax = readRoundsOf(process.env['HOTSPLIT_TEST_READ_ROUNDS']);
  const runtime = new EngineRuntime({
    shards: settings.shardAddresses,
    directory: settings.directoryLocation,
    lostShards: settings.lostShards,
    lanesPerShard: settings.lanesPerShard,
    laneSettings: {
      batchCommandsMax: settings.batchCommandsMax,
      depthMax: settings.laneDepthMax,
      waitMsMax: settings.waitMsMax,
      breakMs: 500,
    },
    observer: metrics,
    mergeWindowMs: settings.mergeWindowMs,
    strategySettings: strategySettingsOf(settings),
    ...(locks && { locks }),
    startMsMax: settings.startSecondsMax * 1_000,
    idempotencyWindowMs: settings.idempotencyDays * DAY_MS,
    ...(settings.rebalanceMs > 0 && { rebalanceMs: settings.rebalanceMs }),
    ...(reach && { reach }),
    ...(readRoundsMax !== undefined && { collector: { readRoundsMax } }),
  });
  metrics.readCollectorFrom(() => runtime.collector.waiting);
  metrics.readLeasesFrom(() => runtime.engine.leases.unwritten);
  metrics.readDepthsFrom(() =>
    runtime.shards.all.map(({ shard, depths }) => ({ shard: shard.name, depths })),
  );
  return runtime;
}
