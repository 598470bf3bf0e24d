import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { EngineRuntime } from '../engine/runtime';
import { Settings } from '../platform/settings';

/** Runs the engine's rebalancer for as long as the service does; the runtime stops it before its shards close. */
@Injectable()
export class RebalancerService implements OnApplicationBootstrap {
  constructor(
    private readonly runtime: EngineRuntime,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.rebalanceMs > 0) this.runtime.rebalancer.start();
  }
}

/** Keeps the sub-accounts of busy accounts level ahead of need. */
@Module({ providers: [RebalancerService] })
export class RebalancerModule {}
