import { CliSession } from './cli-session';
import { ok, refused, ScriptedService, type ScriptedAnswer } from './cli-scripted-service';

/** What an instance counts: `seconds` after its start, 100 a second that took effect, holds and confirms among them. */
const metrics = (seconds: number): ScriptedAnswer => ({
  text: [
    'process_start_time_seconds 1000',
    `hotsplit_commands_total{kind="deduct",outcome="applied"} ${seconds * 80}`,
    `hotsplit_commands_total{kind="hold",outcome="held"} ${seconds * 10}`,
    `hotsplit_commands_total{kind="confirm",outcome="holdSettled"} ${seconds * 10}`,
    `hotsplit_commands_total{kind="deduct",outcome="insufficientFunds"} ${seconds * 5}`,
    `hotsplit_commands_total{kind="deduct",outcome="overloaded"} ${seconds}`,
    `hotsplit_command_seconds_bucket{kind="deduct",le="0.005"} ${seconds * 50}`,
    `hotsplit_command_seconds_bucket{kind="deduct",le="0.01"} ${seconds * 100}`,
    `hotsplit_command_seconds_bucket{kind="deduct",le="+Inf"} ${seconds * 100}`,
    'hotsplit_lane_depth{shard="s0",lane="0"} 7',
    'hotsplit_lane_depth{shard="s1",lane="0"} 0',
    'hotsplit_shard_up{shard="s0"} 1',
    'hotsplit_shard_up{shard="s1"} 0',
    'hotsplit_batch_seconds_sum{shard="s0"} 1',
    'hotsplit_batch_seconds_count{shard="s0"} 400',
    '',
  ].join('\n'),
});
const NEWEST = 'GET /v1/events?cursor=newest&limit=500&types=hotsplit.entry.created';
const events = (...accounts: string[]): ScriptedAnswer =>
  ok({
    items: accounts.map((subject, n) => ({
      ...{ specversion: '1.0', id: `e${n}`, source: 'urn:x', type: 'hotsplit.entry.created', subject },
      ...{ time: '2026-01-01T00:00:00.000Z', datacontenttype: 'application/json', partitionkey: subject },
      ...{ sequence: String(n), data: { accountId: subject } },
    })),
    nextCursor: 'c1',
    hasMore: true,
  });
const operations = ok({
  items: [
    {
      ...{ operationId: 'op-1', kind: 'resize', status: 'running', accountId: 'hot' },
      ...{ progress: { done: 1, total: 3 }, createdAt: '2026-01-01T00:00:00.000Z' },
    },
  ],
});
const ESC = '\u001b';

let service: ScriptedService;
let cli: CliSession;

beforeEach(async () => {
  service = await ScriptedService.start();
  cli = new CliSession({ HOTSPLIT_URL: service.url, HOTSPLIT_KEY: 'secret', NO_COLOR: '1' });
  service.on('GET /metrics', metrics(0), metrics(2), metrics(4));
  service.on(NEWEST, events('hot', 'hot', 'hot', 'cold'));
  service.on('GET /v1/admin/operations?limit=50&status=running', operations);
});

afterEach(async () => {
  await service.stop();
  cli.end();
});

describe('top over a pipe', () => {
  it('writes a line a look', async () => {
    const { exitCode, out } = await cli.run('top', '--count', '2');
    expect([exitCode, out.trimEnd().split('\n')]).toEqual([
      0,
      [
        '2026-01-01T00:00:00.000Z  applied -  refused -  failed -  p50 -  p99 -  waiting 7  shards 1/2 up  operations 1  busiest hot 75 %  alarms 1',
        '2026-01-01T00:00:02.000Z  applied 100/s  refused 5/s  failed 1/s  p50 5.0 ms  p99 9.9 ms  waiting 7  shards 1/2 up  operations 1  busiest hot 75 %  alarms 1',
      ],
    ]);
  });

  it('or JSON, or CSV', async () => {
    const { out } = await cli.run('top', '--count', '2', '--json');
    const frames = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(frames[1]).toMatchObject({
      rates: { applied: 100 },
      accounts: [{ accountId: 'hot' }, { accountId: 'cold' }],
    });
    const csv = await cli.run('top', '--count', '2', '-o', 'csv', '--no-events');
    expect(csv.out.trimEnd().split('\n')).toHaveLength(3);
    expect(service.calls.filter((call) => call === NEWEST)).toHaveLength(2);
  });

  it('leaves out what the key may not see, and asks for that once only', async () => {
    service.on(NEWEST, refused(403, 'PERMISSION_DENIED'));
    service.on('GET /v1/admin/operations?limit=50&status=running', refused(403, 'PERMISSION_DENIED'));
    const { exitCode, out } = await cli.run('top', '--count', '3', '--json');
    expect(exitCode).toBe(0);
    expect(out).not.toMatch(/"accounts"|"operations"/);
    expect(service.calls.filter((call) => call !== 'GET /metrics')).toHaveLength(2);
  });

  it('outlives a service that is away', async () => {
    service.on('GET /metrics', 'cut off', metrics(0));
    const { exitCode, out, err } = await cli.run('top', '--count', '2');
    expect([exitCode, out.trimEnd().split('\n').length]).toEqual([0, 1]);
    expect(err).toContain('asking again');
  });

  it('says so where there are no metrics', async () => {
    service.on('GET /metrics', { text: '<html>' });
    expect(await cli.run('top')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no metrics of the service') as string,
    });
  });
});

describe('top on a terminal', () => {
  /** Runs it, and does something at its nth look. */
  const watched = async (nth: number, then: () => void) => {
    cli.onTerminal = true;
    service.onAsked = () => {
      if (service.calls.filter((call) => call === 'GET /metrics').length === nth) {
        service.onAsked = () => undefined;
        then();
      }
    };
    return cli.run('top');
  };

  it('draws shards, accounts and operations, and ends with q, giving the terminal back', async () => {
    const { exitCode, out } = await watched(3, () => cli.keys.write('q'));
    expect(exitCode).toBe(0);
    expect(out.startsWith(`${ESC}[?1049h`)).toBe(true);
    expect(out.endsWith(`${ESC}[?1049l`)).toBe(true);
    const [, , second = ''] = out.split(`${ESC}[H`);
    expect(second).toMatch(/Shard s1 does not answer/);
    expect(second).toMatch(/applied 100\/s {3}refused 5\/s {3}failed 1\/s {3}p50 5\.0 ms/);
    expect(second).toMatch(/s0 +up +7 +- +2\.5/);
    expect(second).toMatch(/hot +75 % +█+/);
    expect(second).toMatch(/resize +hot +1 of 3 +op-1/);
  });

  it('draws again when the terminal gets another size', async () => {
    const { out } = await watched(2, () => {
      const [terminal] = cli.terminals;
      Object.assign(terminal as object, { rows: 2 });
      terminal?.emit('resize');
      cli.keys.write('q');
    });
    const frames = out.split(`${ESC}[H`).slice(1);
    expect(frames[0]?.split('\r\n').length).toBeGreaterThan(5);
    expect(frames[1]?.split('\r\n')).toHaveLength(2);
  });

  it('ends with 130 at Ctrl-C, which is a key here', async () => {
    expect((await watched(2, () => cli.keys.write('\u0003'))).exitCode).toBe(130);
  });
});
