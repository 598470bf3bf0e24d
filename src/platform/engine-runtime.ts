import { EngineRuntime } from '../engine/runtime';
import type { Metrics } from './metrics';
import type { RedisHeat } from './redis-heat';
import type { RedisLocks } from './redis-locks';
import type { HttpScreening } from './http-screening';
import { screeningSettingsOf, type Settings, strategySettingsOf } from './settings';
import { faultsOf, fenceMsOf, readRoundsOf } from './test-faults';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a lane leaves a shard alone that has just failed. */
const BREAK_MS = 500;

/** The engine as the settings want it, with the metrics for its observer. */
export function engineRuntime(
  settings: Settings,
  metrics: Metrics,
  locks: RedisLocks | undefined,
  screening?: HttpScreening,
  heat?: RedisHeat,
): EngineRuntime {
  const reach = faultsOf(process.env['HOTSPLIT_TEST_FAULT']);
  const readRoundsMax = readRoundsOf(process.env['HOTSPLIT_TEST_READ_ROUNDS']);
  const fenceMsMax = fenceMsOf(process.env['HOTSPLIT_TEST_FENCE_MS']);
  const runtime = new EngineRuntime({
    shards: settings.shardAddresses,
    directory: settings.directoryLocation,
    dataDir: settings.dataDir,
    lostShards: settings.lostShards,
    lanesPerShard: settings.lanesPerShard,
    laneSettings: {
      batchCommandsMax: settings.batchCommandsMax,
      depthMax: settings.laneDepthMax,
      waitMsMax: settings.waitMsMax,
      breakMs: BREAK_MS,
    },
    observer: metrics,
    mergeWindowMs: settings.mergeWindowMs,
    strategySettings: strategySettingsOf(settings),
    ...(locks && { locks }),
    feed: settings.events === 'off' ? null : { retentionMs: settings.eventsRetentionHours * HOUR_MS },
    levels: { restMs: settings.balanceRestSeconds * 1_000 },
    heat: { hotPerSecond: settings.hotPerSecond, cooledMs: settings.hotCooledSeconds * 1_000 },
    heatExchange: heat,
    startMsMax: settings.startSecondsMax * 1_000,
    intake: { recordsMax: settings.intakeRecordsMax, queuedMsMax: settings.queuedMsMax },
    screening: screeningSettingsOf(settings),
    askScreening: screening?.ask,
    idempotencyWindowMs: settings.idempotencyDays * DAY_MS,
    ...(settings.rebalanceMs > 0 && { rebalanceMs: settings.rebalanceMs }),
    ...(reach && { reach }),
    ...(fenceMsMax !== undefined && { fenceMsMax }),
    ...(readRoundsMax !== undefined && { collector: { readRoundsMax } }),
  });
  heat?.nameWith(() => runtime.directory.clusterId());
  metrics.readCollectorFrom(() => runtime.collector.waiting);
  metrics.readLeasesFrom(() => runtime.engine.leases.unwritten);
  metrics.readDepthsFrom(() =>
    runtime.shards.all.map(({ shard, depths }) => ({ shard: shard.name, depths })),
  );
  metrics.dependencies.readPoolsFrom(() => [...runtime.openPools].map(({ figures }) => figures));
  return runtime;
}
