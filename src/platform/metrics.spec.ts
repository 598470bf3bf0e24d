import { Metrics } from './metrics';
import { StructuredLog } from './structured-log';

describe('the metrics', () => {
  test('count every deduction that was answered and cannot be charged, and the log has each', async () => {
    const lines: string[] = [];
    const metrics = new Metrics(new StructuredLog('error', (line) => lines.push(line)));
    for (const requestId of ['r1', 'r2'])
      metrics.shortfall({ accountId: 'acme', requestId, amountMinor: 7n, reason: 'insufficientFunds' });

    expect(await metrics.registry.metrics()).toContain('\nhotsplit_lease_shortfall_deductions_total 2\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      ['r1', 'r2'].map((requestId) => ({
        level: 'error',
        accountId: 'acme',
        requestId,
        amount: '7',
        reason: 'insufficientFunds',
      })),
    );
  });
});
