import { randomUUID } from 'node:crypto';
import { RedisLocks } from '../../src/platform/redis-locks';
import { InProcessLocks, type LockService } from '../../src/strategies/lock-service';
import { eventually, HUNG_MS } from '../setup/eventually';
import { redisUrl } from '../setup/servers';

const NOT_DEFERRED = { deferred: () => undefined };

const SERVICES: readonly {
  what: string;
  make: () => LockService & { onApplicationShutdown?: () => void };
}[] = [
  { what: 'Redis', make: () => new RedisLocks(redisUrl(), NOT_DEFERRED, HUNG_MS) },
  { what: 'this process', make: () => new InProcessLocks(() => performance.now()) },
];

/** The locks of `redis-lock`, on a server and in the process: the same rules. */
describe.each(SERVICES)('a lock kept by $what', ({ make }) => {
  let locks: ReturnType<typeof make>;

  beforeAll(() => {
    locks = make();
  });

  afterAll(() => locks.onApplicationShutdown?.());

  test('is one holder’s until it is let go of', async () => {
    const name = randomUUID();
    expect(await locks.take(name, 'a', 60_000)).toBe(true);
    expect(await locks.take(name, 'b', 60_000)).toBe(false);
    await locks.release(name, 'a');
    expect(await locks.take(name, 'b', 60_000)).toBe(true);
    await locks.release(name, 'b');
  });

  test('is not let go of by whoever does not hold it', async () => {
    const name = randomUUID();
    expect(await locks.take(name, 'a', 60_000)).toBe(true);
    await locks.release(name, 'b');
    expect(await locks.take(name, 'b', 60_000)).toBe(false);
    await locks.release(name, 'a');
  });

  test('expires by itself, and is then not its first holder’s to let go of', async () => {
    const name = randomUUID();
    expect(await locks.take(name, 'a', 30)).toBe(true);
    await eventually('the lock expired', async () =>
      (await locks.take(name, 'b', 60_000)) ? true : undefined,
    );
    await locks.release(name, 'a');
    expect(await locks.take(name, 'c', 60_000)).toBe(false);
    await locks.release(name, 'b');
  });
});

test('nobody can say who has a lock while Redis is away', async () => {
  const locks = new RedisLocks('redis://127.0.0.1:1', NOT_DEFERRED);
  expect(await locks.take(randomUUID(), 'a', 1_000)).toBeUndefined();
  await locks.release(randomUUID(), 'a');
  locks.onApplicationShutdown();
});
