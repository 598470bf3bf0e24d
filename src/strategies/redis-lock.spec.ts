import { deduct } from '../../test/models/commands';
import { TestClock } from '../../test/models/test-clock';
import type { Carried } from '../shards/deduction-way';
import { InProcessLocks, type LockService } from './lock-service';
import { RedisLock } from './redis-lock';
import { STRATEGY_SETTINGS } from './strategy-settings';

const DONE: Carried = { kind: 'conflict' };
const NAME = 'hotsplit:lock:s0:acme:0';

describe('the lock around a deduction', () => {
  test('is one for each row, and let go of at the end', async () => {
    const { lock, locks } = setUp();
    const inside = await lock.around('s0', deduct(), async () => {
      expect(await locks.take(NAME, 'another', 10)).toBe(false);
      expect(await locks.take('hotsplit:lock:s0:acme:1', 'another', 10)).toBe(true);
      return DONE;
    });
    expect(inside).toBe(DONE);
    expect(await locks.take(NAME, 'another', 10)).toBe(true);
  });

  test('is let go of when the deduction fails', async () => {
    const { lock, locks } = setUp();
    await expect(lock.around('s0', deduct(), () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    expect(await locks.take(NAME, 'another', 10)).toBe(true);
  });

  test('is asked for by one deduction of this process at a time, in the order they came', async () => {
    const { lock } = setUp();
    const log: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        lock.around('s0', deduct(), async () => {
          log.push(`${name} in`);
          await Promise.resolve();
          log.push(`${name} out`);
          return DONE;
        }),
      ),
    );
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  test('is waited for while somebody else has it, in pauses that grow, and no longer than it lives', async () => {
    const { lock, locks, clock } = setUp();
    await locks.take(NAME, 'another', 60);
    const before = clock.now();
    expect(await lock.around('s0', deduct(), () => Promise.resolve(DONE))).toBe(DONE);
    expect(clock.now() - before).toBeGreaterThanOrEqual(60);
    expect(clock.sleptMs.slice(0, 4)).toEqual([1, 2, 4, 8]);
  });

  test('that cannot be had in time turns the deduction away, and nothing was done', async () => {
    const { lock } = setUp({
      take: () => Promise.resolve(false),
      release: () => Promise.reject(new Error('there is nothing to let go of')),
    });
    const inSession = jest.fn();
    expect(await lock.around('s0', deduct(), inSession)).toEqual({ kind: 'crowded' });
    expect(inSession).not.toHaveBeenCalled();
  });

  test('is done without while its server is away', async () => {
    const { lock } = setUp({
      take: () => Promise.resolve(undefined),
      release: () => Promise.reject(new Error('there is nothing to let go of')),
    });
    expect(await lock.around('s0', deduct(), () => Promise.resolve(DONE))).toBe(DONE);
  });

  test('that expired while it was held and is another’s by now stays the other’s', async () => {
    const { lock, locks, clock } = setUp();
    await lock.around('s0', deduct(), async () => {
      clock.pass(STRATEGY_SETTINGS.lockMs + 1);
      expect(await locks.take(NAME, 'another', 1_000)).toBe(true);
      return DONE;
    });
    expect(await locks.take(NAME, 'a third', 1_000)).toBe(false);
  });
});

function setUp(given?: LockService) {
  const clock = new TestClock();
  const locks = given ?? new InProcessLocks(() => clock.now());
  const lock = new RedisLock({
    locks,
    settings: STRATEGY_SETTINGS,
    surroundings: clock,
  });
  return { lock, locks, clock };
}
