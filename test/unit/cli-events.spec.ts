import { CliSession } from './cli-session';
import { ok, refused, ScriptedService } from './cli-scripted-service';

const event = (requestId: string) => ({
  specversion: '1.0',
  id: `evt_${requestId}`,
  source: 'urn:hotsplit:here',
  type: 'hotsplit.entry.created',
  subject: 'a',
  time: '2026-01-31T12:00:00.000Z',
  datacontenttype: 'application/json',
  partitionkey: 'a/s0/0',
  sequence: '0000000000000001',
  data: { kind: 'deduction', amount: '250', requestId, accountId: 'a' },
});
const page = (nextCursor: string, hasMore: boolean, ...ids: string[]) =>
  ok({ items: ids.map(event), nextCursor, hasMore });

describe('events tail', () => {
  let service: ScriptedService;
  let cli: CliSession;

  beforeEach(async () => {
    service = await ScriptedService.start();
    cli = new CliSession({ HOTSPLIT_URL: service.url, HOTSPLIT_KEY: 'secret' });
  });
  afterEach(async () => {
    await service.stop();
    cli.end();
  });

  it('prints a line an event to the end of the feed, and where to go on', async () => {
    service
      .on(
        'GET /v1/events?cursor=oldest&limit=500&types=hotsplit.entry.created&accountId=a',
        page('c1', true, 'r1'),
      )
      .on(
        'GET /v1/events?cursor=c1&limit=500&types=hotsplit.entry.created&accountId=a',
        page('c2', false, 'r2'),
      );
    const options = ['--once', '--from', 'oldest', '--types', 'hotsplit.entry.created', '--account', 'a'];
    expect(await cli.run('events', 'tail', ...options)).toEqual({
      exitCode: 0,
      out: ['r1', 'r2']
        .map(
          (id) => `2026-01-31T12:00:00.000Z  entry.created  a  kind=deduction  amount=250  requestId=${id}\n`,
        )
        .join(''),
      err: 'go on with: --from c2\n',
    });
    const { out } = await cli.run('events', 'tail', ...options, '--json');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([event('r1'), event('r2')]);
  });

  it('names no cursor to go on from that the service has refused', async () => {
    service.on('GET /v1/events?cursor=zzz&limit=500', refused(400, 'INVALID_ARGUMENT'));
    const { exitCode, err } = await cli.run('events', 'tail', '--from', 'zzz');
    expect(exitCode).not.toBe(0);
    expect(err).not.toContain('go on with');
  });

  it('begins with what happens from now on, outlives a service that is away, and ends where it has fallen behind', async () => {
    service
      .on('GET /v1/events?cursor=newest&limit=500', page('c1', false))
      .on('GET /v1/events?cursor=c1&limit=500', 'cut off', 'cut off', page('c2', false, 'r1'))
      .on('GET /v1/events?cursor=c2&limit=500', refused(410, 'CURSOR_EXPIRED'));
    const { exitCode, out, err } = await cli.run('events', 'tail');
    expect(exitCode).toBe(1);
    expect(out).toContain('requestId=r1');
    expect(err).toContain('asking again\n');
    expect(err).toContain('go on with: --from c2\n');
    expect(err).toContain('CURSOR_EXPIRED');
    expect(cli.pausesMs).toEqual([500, 500, 500, 500]);
  });
});
