import { readSettings } from '../platform/settings';
import { ServiceLog } from './service-log';

describe('what the log says of a service', () => {
  const setUp = (): {
    lines: [string, Record<string, unknown>][];
    life: ServiceLog;
    pass: (ms: number) => void;
  } => {
    const lines: [string, Record<string, unknown>][] = [];
    const note = (message: string, fields: unknown): void => {
      lines.push([message, fields as Record<string, unknown>]);
    };
    let nowMs = 0;
    const settings = readSettings({
      HOTSPLIT_SHARDS: 's0=mysql://payer:hidden@db:3306/s0',
      HOTSPLIT_DIRECTORY: 'mysql://payer:hidden@db:3306/dir',
      HOTSPLIT_ADMIN_KEY: 'hidden-hidden-hidden',
      HOTSPLIT_WAIT_MS_MAX: '1234',
    });
    const life = new ServiceLog({ info: note, warn: note }, settings, () => nowMs);
    return { lines, life, pass: (ms) => void (nowMs += ms) };
  };

  it('begins with what it is, where its databases are and what is set, and no secret', () => {
    const { lines, life } = setUp();
    life.begun({ restUrl: 'http://127.0.0.1:8080', grpcAddress: '127.0.0.1:50051' });
    const [[, fields] = []] = lines;
    expect(fields).toMatchObject({
      node: process.versions.node,
      rest: 'http://127.0.0.1:8080',
      shards: { s0: expect.stringContaining('db:3306/s0') as string },
      settings: { HOTSPLIT_WAIT_MS_MAX: 1_234 },
    });
    expect(fields?.['version']).toMatch(/^\d/);
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });

  it('ends with why, how long it took, and whether all was finished', () => {
    const { lines, life, pass } = setUp();
    life.stopping('SIGTERM');
    pass(1_250);
    life.stopped(true);
    life.stopped(false);
    expect(lines).toMatchObject([
      ['the service stops', { why: 'SIGTERM' }],
      [expect.stringContaining('is finished'), { seconds: 1.25 }],
      [expect.stringContaining('unfinished'), { seconds: 1.25 }],
    ]);
  });
});
