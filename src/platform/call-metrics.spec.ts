import { Registry } from 'prom-client';
import { CallMetrics } from './call-metrics';

describe('the metrics of calls', () => {
  it('tell requests by method, pattern and class of status, and how long they took', async () => {
    const registry = new Registry();
    const done = new CallMetrics(registry).httpRoute('GET', '/v1/accounts/:accountId');
    for (const status of [200, 204, 404, 503]) done(status, 0.02);
    done(200, 0.2);
    const text = await registry.metrics();
    const labels = 'method="GET",route="/v1/accounts/:accountId"';
    const name = 'hotsplit_http_request_seconds';
    for (const [status, count] of [
      ['2xx', 3],
      ['4xx', 1],
      ['5xx', 1],
    ] as const)
      expect(text).toContain(`${name}_count{${labels},status="${status}"} ${count}\n`);
    expect(text).toContain(`${name}_bucket{le="0.1",${labels},status="2xx"} 2\n`);
    expect(text).not.toContain('3xx');
  });

  it('tell calls by the name of their status', async () => {
    const registry = new Registry();
    const done = new CallMetrics(registry).grpcMethod('/s/Deduct', (code: number) => `S${code}`);
    for (const code of [0, 0, 14]) done(code, 0.001);
    const text = await registry.metrics();
    expect(text).toContain('hotsplit_grpc_call_seconds_count{method="/s/Deduct",status="S0"} 2\n');
    expect(text).toContain('hotsplit_grpc_call_seconds_count{method="/s/Deduct",status="S14"} 1\n');
  });
});
