import { AggregatorRegistry, Histogram, Registry } from 'prom-client';
import { CommandMetrics } from './command-metrics';

const TIMES = [0, 0.001, 0.0011, 0.25, 0.3, 9.99, 10, 10.5];

describe('the metrics of commands', () => {
  test('are told as prom-client would tell them', async () => {
    const registry = new Registry();
    const commands = new CommandMetrics(registry);
    const model = new Registry();
    const histogram = new Histogram({
      name: 'hotsplit_command_seconds',
      help: 'Time from a command’s arrival to its durable outcome.',
      labelNames: ['kind'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [model],
    });
    for (const kind of ['deduct', 'credit']) {
      for (const seconds of TIMES) {
        commands.done(kind, 'applied', seconds);
        histogram.observe({ kind }, seconds);
      }
    }
    expect(await registry.getSingleMetricAsString('hotsplit_command_seconds')).toBe(
      await model.getSingleMetricAsString('hotsplit_command_seconds'),
    );
  });

  test('count outcomes, however often they are looked at', async () => {
    const registry = new Registry();
    const commands = new CommandMetrics(registry);
    commands.done('deduct', 'applied', 0.1);
    await registry.metrics();
    commands.done('deduct', 'applied', 0.1);
    commands.done('deduct', 'replayed', 0.1);
    const text = await registry.metrics();
    expect(text).toContain('hotsplit_commands_total{kind="deduct",outcome="applied"} 2\n');
    expect(text).toContain('hotsplit_commands_total{kind="deduct",outcome="replayed"} 1\n');
  });

  test('add up over several processes', async () => {
    const each = await Promise.all(
      [1, 2].map(async () => {
        const registry = new Registry();
        new CommandMetrics(registry).done('deduct', 'applied', 0.1);
        return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as object;
      }),
    );
    const text = await AggregatorRegistry.aggregate(each).metrics();
    expect(text).toContain('hotsplit_command_seconds_count{kind="deduct"} 2\n');
    expect(text).toContain('hotsplit_command_seconds_bucket{le="+Inf",kind="deduct"} 2\n');
    expect(text).toContain('hotsplit_commands_total{kind="deduct",outcome="applied"} 2\n');
  });
});
