import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Notice } from '../../src/platform/notices';
import { RedisNotices } from '../../src/platform/redis-notices';
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
});
