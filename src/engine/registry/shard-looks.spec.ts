import { EngineTime } from '../../../test/models/engine-time';
import { promisesSettled } from '../../../test/models/turns';
import { LOOK_MS_MIN, ShardLooks } from './shard-looks';

/** What the directory takes to tell which shards there are. */
const LOOK_MS = 30;

describe('looks for shards', () => {
  test('find what was registered while one was under way that had missed it', async () => {
    const { looks, registered, here } = setUp();
    const early = looks.look();
    await promisesSettled();
    registered.add('late');
    await looks.find(() => !here.has('late'));
    expect(here.has('late')).toBe(true);
    await early;

    void looks.look();
    registered.add('later');
    await looks.look();
    expect(here.has('later')).toBe(true);
  });

  test('answer requests at once whose shard the look under way finds', async () => {
    const { looks, time, registered, here, begun } = setUp();
    registered.add('new');
    void looks.look();
    await looks.find(() => !here.has('new'));
    expect(time.now()).toBe((begun[0] ?? 0) + LOOK_MS);
    expect(begun).toHaveLength(1);
  });

  test('begin a while apart and one for all who wait, however many requests name what is not there', async () => {
    const { looks, time, begun } = setUp();
    const stray = async (afterMs: number): Promise<void> => {
      await time.sleep(afterMs);
      const askedAt = time.now();
      await looks.find(() => true);
      // Whoever came is told by a look that began after he did.
      expect(begun.some((at) => at >= askedAt && at <= time.now() - LOOK_MS)).toBe(true);
    };
    await Promise.all(Array.from({ length: 300 }, (_, n) => stray(n)));
    const pauses = begun.slice(1).map((at, n) => at - (begun[n] ?? 0));
    expect(begun.length).toBeGreaterThan(2);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(LOOK_MS_MIN);
  });

  test('go on after one that failed', async () => {
    const { looks, registered, here, failNext } = setUp();
    failNext();
    await expect(looks.find(() => true)).rejects.toThrow('away');
    registered.add('new');
    await looks.find(() => !here.has('new'));
    expect(here.has('new')).toBe(true);
  });
});

/** A directory that tells what was registered when a look began, some time later. */
function setUp() {
  const time = new EngineTime();
  const registered = new Set<string>();
  const here = new Set<string>();
  const begun: number[] = [];
  let isAway = false;
  const looks = new ShardLooks(async () => {
    begun.push(time.now());
    const seen = [...registered];
    const fails = isAway;
    isAway = false;
    await time.sleep(LOOK_MS);
    if (fails) throw new Error('the directory is away');
    for (const name of seen) here.add(name);
  }, time);
  const failNext = (): void => {
    isAway = true;
  };
  return { looks, time, registered, here, begun, failNext };
}
