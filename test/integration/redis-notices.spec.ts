import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Notice } from '../../src/platform/notices';
import { RedisNotices } from '../../src/platform/redis-notices';
import { TcpRelay } from '../../tools/kernel/tcp-relay';
import { eventually } from '../setup/eventually';
import { redisUrl } from '../setup/servers';

describe('notices over Redis', () => {
  const deferred: string[] = [];
  const observer = { deferred: (work: string): void => void deferred.push(work) };

  beforeEach(() => deferred.splice(0));

  it('reach every instance, the one that sent them included', async () => {
    const [one, other] = [new RedisNotices(redisUrl(), observer), new RedisNotices(redisUrl(), observer)];
    try {
      await Promise.all([one.start(), other.start()]);
      const heard = [one, other].map(
        (notices) => new Promise<Notice>((resolve) => notices.subscribe(resolve)),
      );
      one.publish({ kind: 'apiKeyDeleted' });
      expect(await Promise.all(heard)).toEqual([{ kind: 'apiKeyDeleted' }, { kind: 'apiKeyDeleted' }]);
      expect(deferred).toEqual([]);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  it('never hold anything up while Redis is away: listeners of this instance still hear', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as { port: number };
    nobody.close();
    await once(nobody, 'close');

    const notices = new RedisNotices(`redis://127.0.0.1:${port}`, observer);
    try {
      await notices.start();
      const heard: Notice[] = [];
      notices.subscribe((notice) => heard.push(notice));
      notices.publish({ kind: 'apiKeyDeleted' });
      expect(heard).toEqual([{ kind: 'apiKeyDeleted' }]);
      expect(deferred).toContain('connecting to Redis');
    } finally {
      await notices.stop();
    }
  });

  it('hold no start up while Redis takes connections and does not answer, and arrive when it does', async () => {
    const proxy = await TcpRelay.before(redisUrl());
    const notices = new RedisNotices(proxy.url, observer);
    const other = new RedisNotices(redisUrl(), observer);
    try {
      proxy.stall();
      // Resolves while nothing gets through.
      await Promise.all([notices.start(), other.start()]);
      proxy.resume();
      await untilHeard(notices, other);
    } finally {
      await Promise.all([notices.stop(), other.stop()]);
      await proxy.close();
    }
  });

  it('report an outage once for each of the two connections, however often they are tried again', async () => {
    const proxy = await TcpRelay.before(redisUrl());
    const notices = new RedisNotices(proxy.url, observer);
    const other = new RedisNotices(redisUrl(), observer);
    try {
      await Promise.all([notices.start(), other.start()]);
      const tries = proxy.turnAway();
      await eventually('several tries to connect', () => Promise.resolve(tries() >= 8 || undefined));
      expect(deferred).toEqual(['the connection to Redis', 'the connection to Redis']);

      proxy.letIn();
      await untilHeard(notices, other);
    } finally {
      await Promise.all([notices.stop(), other.stop()]);
      await proxy.close();
    }
  });
});

async function untilHeard(notices: RedisNotices, other: RedisNotices): Promise<void> {
  const heard: Notice[] = [];
  notices.subscribe((notice) => heard.push(notice));
  await eventually('a notice from elsewhere', () => {
    other.publish({ kind: 'apiKeyDeleted' });
    return Promise.resolve(heard.length > 0 || undefined);
  });
}
