import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Metrics } from '../platform/metrics';
import { WORKER_LINE, type WorkerLine } from './worker-line';

/** In a worker, `/metrics` tells of all workers: whichever of them is asked. */
@Injectable()
export class SharedMetrics implements OnApplicationBootstrap {
  constructor(
    private readonly metrics: Metrics,
    @Inject(WORKER_LINE) private readonly line: WorkerLine | undefined,
  ) {}

  onApplicationBootstrap(): void {
    const { line, metrics } = this;
    if (!line) return;
    line.readMetricsFrom(() => metrics.registry.getMetricsAsJSON());
    metrics.showInstead(() => line.metricsOfAll());
  }
}
