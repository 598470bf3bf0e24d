import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricValues, MetricsSum } from './metrics-sum';

/** A process's metrics, as they come over the line. */
async function process({ count, level }: { count: number; level: number }): Promise<MetricValues> {
  const registers = [new Registry()];
  new Counter({ name: 'done_total', help: 'c', labelNames: ['kind'], registers }).inc({ kind: 'a' }, count);
  new Gauge({ name: 'waiting', help: 'g', registers }).set(level);
  new Gauge({ name: 'up', help: 'g', aggregator: 'min', registers }).set(level > 5 ? 0 : 1);
  const seconds = new Histogram({ name: 'seconds', help: 'h', buckets: [1], registers });
  for (let n = 0; n < count; n += 1) seconds.observe(0.5);
  return JSON.parse(JSON.stringify(await registers[0]?.getMetricsAsJSON())) as MetricValues;
}

function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

describe('the sum of several processes’ metrics', () => {
  test('adds up counters, gauges and histograms, and takes what a metric says of itself', async () => {
    const sum = new MetricsSum();
    const text = await sum.text(
      new Map([
        [1, await process({ count: 3, level: 2 })],
        [2, await process({ count: 4, level: 6 })],
      ]),
    );
    expect(valueOf(text, 'done_total{kind="a"}')).toBe(7);
    expect(valueOf(text, 'seconds_count')).toBe(7);
    expect(valueOf(text, 'seconds_bucket{le="+Inf"}')).toBe(7);
    expect(valueOf(text, 'waiting')).toBe(8);
    expect(valueOf(text, 'up')).toBe(0);
  });

  test('never lets a counter fall: not for one that is silent, nor for those that ended', async () => {
    const sum = new MetricsSum();
    await sum.text(
      new Map([
        [1, await process({ count: 3, level: 2 })],
        [2, await process({ count: 4, level: 2 })],
      ]),
    );
    const silent = await sum.text(new Map([[2, await process({ count: 5, level: 1 })]]));
    expect(valueOf(silent, 'done_total{kind="a"}')).toBe(8);
    expect(valueOf(silent, 'waiting')).toBe(1);

    await sum.end(1);
    await sum.end(2);
    await sum.end(7);
    const later = await sum.text(new Map([[3, await process({ count: 1, level: 4 })]]));
    expect(valueOf(later, 'done_total{kind="a"}')).toBe(9);
    expect(valueOf(later, 'seconds_sum')).toBe(4.5);
    expect(valueOf(later, 'waiting')).toBe(4);
  });

  test('is empty while nobody has answered', async () => {
    expect((await new MetricsSum().text(new Map())).trim()).toBe('');
  });
});
