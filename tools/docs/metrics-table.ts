import type { Registry } from 'prom-client';
import { KafkaMetrics } from '../../src/platform/kafka/kafka-metrics';
import { Metrics } from '../../src/platform/metrics';
import { StructuredLog } from '../../src/platform/structured-log';
import { workersReplaced } from '../../src/processes/workers';
import { alignedTable, code } from './aligned-table';

/** What a registered metric says of itself. prom-client's own type leaves the labels out. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames?: readonly string[];
}

/** Every metric of the product's own; those of Node and of the process are prom-client's. */
export async function metricsTable(): Promise<string> {
  const described = (await Promise.all(registries().map(describe))).flat();
  const own = described.filter(({ name }) => name.startsWith('hotsplit_'));
  return alignedTable(
    ['metric', 'type', 'labels', 'tells'],
    own
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, type, labelNames = [], help }) => [
        code(name),
        type,
        labelNames.map(code).join(', '),
        help,
      ]),
  );
}

async function describe(registry: Registry): Promise<Described[]> {
  const metrics = registry.getMetricsAsArray() as unknown as readonly Described[];
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  return metrics.map(({ name, help, labelNames }) => ({
    name,
    help,
    type: types.get(name) ?? '',
    ...(labelNames && { labelNames }),
  }));
}

/** As the service registers them, with nothing behind them. */
function registries(): Registry[] {
  const metrics = new Metrics(new StructuredLog('error'));
  metrics.readBodiesFrom(() => 0);
  metrics.readListsFrom(() => 0);
  metrics.readItemsFrom(() => 0);
  metrics.readAnonymousHeldFrom(() => 0);
  metrics.readCollectorFrom(() => 0);
  metrics.readLeasesFrom(() => 0);
  metrics.readEventStreamsFrom(() => 0);
  metrics.readStreamsFrom(() => ({ streams: 0, inFlight: 0 }));
  new KafkaMetrics(metrics);
  return [metrics.registry, workersReplaced().registry];
}
