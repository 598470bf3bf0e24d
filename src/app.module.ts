import { type DynamicModule, Module } from '@nestjs/common';
import { AccountService } from './accounts/account.service';
import { AccountController } from './api/rest/account.controller';
import { BatchController } from './api/rest/batch.controller';
import { DeductionController } from './api/rest/deduction.controller';
import { HealthController } from './api/rest/health.controller';
import { KeyController } from './api/rest/key.controller';
import { RestApi } from './api/rest/rest-api';
import { BalanceService } from './balances/balance.service';
import { DeductionService } from './deductions/deduction.service';
import { EngineRuntime } from './engine/runtime';
import { ADMIN_KEY, ApiKeys } from './platform/api-keys';
import { Health } from './platform/health';
import { Metrics } from './platform/metrics';
import { InProcessNotices, NOTICES, type Notices } from './platform/notices';
import { RedisNotices } from './platform/redis-notices';
import { Settings } from './platform/settings';
import { StructuredLog } from './platform/structured-log';

/** The wiring: one engine runtime, the features over it, the doors over them. */
@Module({})
export class AppModule {
  static forSettings(settings: Settings, adminKey: string): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: ADMIN_KEY, useValue: adminKey },
        { provide: StructuredLog, useValue: new StructuredLog(settings.logLevel) },
        Metrics,
        { provide: EngineRuntime, useFactory: engineRuntime, inject: [Settings, Metrics] },
        { provide: NOTICES, useFactory: noticesOf, inject: [Settings, Metrics] },
        ApiKeys,
        Health,
        AccountService,
        DeductionService,
        BalanceService,
        AccountController,
        DeductionController,
        BatchController,
        KeyController,
        HealthController,
        RestApi,
      ],
    };
  }
}

function noticesOf(settings: Settings, metrics: Metrics): Notices {
  return settings.redisUrl === undefined
    ? new InProcessNotices()
    : new RedisNotices(settings.redisUrl, metrics);
}

function engineRuntime(settings: Settings, metrics: Metrics): EngineRuntime {
  const runtime = new EngineRuntime({
    shards: settings.shardAddresses,
    directory: settings.directoryLocation,
    lanesPerShard: settings.lanesPerShard,
    laneSettings: {
      batchCommandsMax: settings.batchCommandsMax,
      depthMax: settings.laneDepthMax,
      waitMsMax: settings.waitMsMax,
      breakMs: 500,
    },
    observer: metrics,
    startMsMax: settings.startSecondsMax * 1_000,
  });
  metrics.readDepthsFrom(() =>
    runtime.shards.all.map(({ shard, depths }) => ({ shard: shard.name, depths })),
  );
  return runtime;
}
