import { ShardFault } from '../shards/faults';
import { Metrics } from './metrics';
import { StructuredLog } from './structured-log';

describe('the metrics', () => {
  test('show how far the clocks of databases are off, and warn above a second, not without end', async () => {
    const lines: string[] = [];
    const metrics = new Metrics(new StructuredLog('warn', (line) => lines.push(line)));
    metrics.clockSkew({ database: 's0', against: 'directory', skewMs: 900 });
    expect(lines).toEqual([]);
    for (let n = 0; n < 40; n += 1)
      metrics.clockSkew({ database: 's1', against: 'instance', skewMs: -86_400_000 });

    const shown = await metrics.registry.metrics();
    expect(shown).toContain('hotsplit_clock_skew_seconds{database="s0",against="directory"} 0.9');
    expect(shown).toContain('hotsplit_clock_skew_seconds{database="s1",against="instance"} -86400');
    expect(lines).toHaveLength(20);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', database: 's1', skewSeconds: -86_400 });
  });

  test('count errors of databases by their number, log the first of them, and keep to a bounded number of series', async () => {
    const lines: string[] = [];
    const metrics = new Metrics(new StructuredLog('warn', (line) => lines.push(line)));
    for (let number = 1; number <= 300; number += 1) {
      const cause = Object.assign(new Error('signaled'), { errno: 10_000 + number });
      metrics.databaseFault(new ShardFault('s0', 'unclassified', cause));
    }
    metrics.databaseFault(
      new ShardFault('s0', 'again', Object.assign(new Error('deadlock'), { errno: 1213 })),
    );

    const shown = await metrics.registry.metrics();
    expect(shown).toContain(
      'hotsplit_database_errors_total{database="s0",verdict="unclassified",code="10001"} 1',
    );
    expect(shown).toContain(
      'hotsplit_database_errors_total{database="s0",verdict="unclassified",code="other"} 200',
    );
    expect(lines).toHaveLength(20);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', database: 's0', code: '10001' });
  });

  test('name the shard whose SQLite file another process has locked, and count each time that it was waited for in vain', async () => {
    const lines: string[] = [];
    const metrics = new Metrics(new StructuredLog('info', (line) => lines.push(line)));
    const cause = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
    metrics.databaseFault(new ShardFault('s0', 'again', cause));
    expect(await metrics.registry.metrics()).toContain(
      'hotsplit_database_errors_total{database="s0",verdict="again",code="SQLITE_BUSY"} 1',
    );
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', database: 's0', code: 'SQLITE_BUSY' });
  });

  test('count the accounts that are set aside, by shard; the log names each when it goes and when it is back, not without end', async () => {
    const lines: string[] = [];
    const metrics = new Metrics(new StructuredLog('info', (line) => lines.push(line)));
    const account = { shard: 's0', accountId: 'acme' };
    metrics.accountSetAside({ ...account, isAside: true });
    expect(await metrics.registry.metrics()).toContain('hotsplit_accounts_set_aside{shard="s0"} 1');
    metrics.accountSetAside({ ...account, isAside: false });
    expect(await metrics.registry.metrics()).toContain('hotsplit_accounts_set_aside{shard="s0"} 0');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'warn', ...account },
      { level: 'info', ...account },
    ]);

    for (let n = 0; n < 100; n += 1) metrics.accountSetAside({ ...account, isAside: true });
    expect(lines).toHaveLength(21);
  });

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

  test('show a full database as full and not as up, however often it answers, and log it once', async () => {
    const lines: string[] = [];
    const metrics = new Metrics(new StructuredLog('info', (line) => lines.push(line)));
    metrics.databaseRoom('s0', true);
    for (let n = 0; n < 3; n += 1) {
      metrics.shardState('s0', false);
      metrics.shardState('s0', true);
    }
    const shown = await metrics.registry.metrics();
    expect(shown).toContain('hotsplit_database_full{database="s0"} 1');
    expect(shown).toContain('hotsplit_shard_up{shard="s0"} 0');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'error', database: 's0', message: expect.stringContaining('no room left') as string },
    ]);

    metrics.databaseRoom('s0', false);
    const after = await metrics.registry.metrics();
    expect(after).toContain('hotsplit_database_full{database="s0"} 0');
    expect(after).toContain('hotsplit_shard_up{shard="s0"} 1');
  });
});
