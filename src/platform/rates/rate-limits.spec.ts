import { TestClock } from '../../../test/models/test-clock';
import { BURST_MS, Rate } from './gcra';
import { RateLimits } from './rate-limits';
import type { Granted } from './redis-rate-store';

/** How many of single asks pass in a time, asked for every millisecond. */
function passed(take: (now: number) => boolean, ms: number): number {
  let count = 0;
  for (let now = 0; now < ms; now += 1) if (take(now)) count += 1;
  return count;
}

describe('a rate', () => {
  it('lets as many come at once as in a second, and then one after another', () => {
    const rate = new Rate(10);
    const atOnce = Array.from({ length: 12 }, () => rate.take(1, 0));
    expect(atOnce.map(({ allowed }) => allowed)).toEqual([...Array<boolean>(10).fill(true), false, false]);
    expect(atOnce[0]?.left).toBe(9);
    expect(atOnce[11]).toEqual({ allowed: false, left: 0, waitMs: 100 });
    expect(rate.take(1, 99).allowed).toBe(false);
    expect(rate.take(1, 100).allowed).toBe(true);
    expect(rate.take(1, 101).allowed).toBe(false);
  });

  it.each([1, 7, 100, 750])('is kept over time: %i a second', (perSecond) => {
    const rate = new Rate(perSecond);
    const count = passed((now) => rate.take(1, now).allowed, 20_000);
    expect(count).toBeLessThanOrEqual(perSecond * 21 + 1);
    expect(count).toBeGreaterThanOrEqual(perSecond * 20);
  });

  it('lets a batch pass that is larger than itself, and has it paid off', () => {
    const rate = new Rate(100);
    expect(rate.take(500, 0)).toMatchObject({ allowed: true, left: 0 });
    expect(rate.take(1, 3_900)).toMatchObject({ allowed: false });
    expect(rate.take(1, 4_020)).toMatchObject({ allowed: true });
  });

  it('forgets what was not used', () => {
    const rate = new Rate(10);
    rate.take(10, 0);
    expect(
      Array.from({ length: 20 }, () => rate.take(1, 60_000)).filter(({ allowed }) => allowed),
    ).toHaveLength(10);
  });
});

/** What a server would keep, by the clock of the test. */
class Shared {
  asked = 0;
  isAway = false;
  readonly #rates = new Map<string, Rate>();

  constructor(private readonly clock: TestClock) {}

  take(
    holder: string,
    perSecond: number,
    { need, want }: { need: number; want: number },
  ): Promise<Granted | undefined> {
    this.asked += 1;
    if (this.isAway) return Promise.resolve(undefined);
    let rate = this.#rates.get(holder);
    if (!rate) this.#rates.set(holder, (rate = new Rate(perSecond)));
    const look = rate.take(need, this.clock.now());
    if (!look.allowed) return Promise.resolve({ count: 0, left: 0, waitMs: look.waitMs });
    const more = Math.max(0, Math.min(want - need, look.left));
    if (more > 0) rate.take(more, this.clock.now());
    const left = look.left - more;
    return Promise.resolve({ count: need + more, left, waitMs: left > 0 ? 0 : look.waitMs });
  }
}

function setUp(instances: number) {
  const clock = new TestClock();
  const shared = new Shared(clock);
  const limits = Array.from({ length: instances }, () => new RateLimits({ surroundings: clock, shared }));
  return { clock, shared, limits };
}

describe('rates of keys that instances share', () => {
  it('are kept together, within five in a hundred, and mostly without asking', async () => {
    const { clock, shared, limits } = setUp(2);
    let count = 0;
    for (let ms = 0; ms < 10_000; ms += 1) {
      clock.pass(1);
      for (const instance of limits) if ((await instance.take('k', 'requests', 400, 1)).allowed) count += 1;
    }
    const expected = 400 * 10 + (400 * BURST_MS) / 1_000;
    expect(count / expected).toBeGreaterThan(0.95);
    expect(count / expected).toBeLessThan(1.05);
    expect(shared.asked).toBeLessThan(count / 3);
  });

  it('are kept by each instance while the server is away in the middle, and together before and after', async () => {
    const { clock, shared, limits } = setUp(2);
    const passedIn = async (ms: number): Promise<number> => {
      let count = 0;
      for (let passed = 0; passed < ms; passed += 1) {
        clock.pass(1);
        for (const instance of limits)
          if ((await instance.take('account:acct', 'deductions', 200, 1)).allowed) count += 1;
      }
      return count;
    };
    // The first second's worth may come at once.
    const before = (await passedIn(10_000)) - 200;
    shared.isAway = true;
    // What both have at once when they are alone, and then each the whole rate.
    const away = (await passedIn(10_000)) - 2 * 200;
    shared.isAway = false;
    await passedIn(2_000);
    const after = await passedIn(10_000);
    expect(before / 2_000).toBeCloseTo(1, 1);
    expect(Math.abs(before / 2_000 - 1)).toBeLessThan(0.05);
    expect(Math.abs(away / 4_000 - 1)).toBeLessThan(0.05);
    expect(Math.abs(after / 2_000 - 1)).toBeLessThan(0.05);
  });

  it('are kept by each instance while nobody can be asked, and together again afterwards', async () => {
    const { clock, shared, limits } = setUp(2);
    const [a, b] = limits as [RateLimits, RateLimits];
    shared.isAway = true;
    const allowed = async (instance: RateLimits): Promise<number> => {
      let count = 0;
      for (let n = 0; n < 30; n += 1) if ((await instance.take('k', 'requests', 10, 1)).allowed) count += 1;
      return count;
    };
    expect([await allowed(a), await allowed(b)]).toEqual([10, 10]);
    // After the first of each, nobody is asked for a second.
    expect(shared.asked).toBe(2);
    shared.isAway = false;
    clock.pass(2_000);
    expect((await allowed(a)) + (await allowed(b))).toBe(10);
  });

  it('keep keys, and what is counted for one, apart', async () => {
    const { limits } = setUp(1);
    const [only] = limits as [RateLimits];
    expect(await only.take('k', 'requests', 1, 1)).toMatchObject({ allowed: true });
    expect(await only.take('k', 'requests', 1, 1)).toMatchObject({ allowed: false });
    expect(await only.take('k', 'deductions', 1, 1)).toMatchObject({ allowed: true });
    expect(await only.take('other', 'requests', 1, 1)).toMatchObject({ allowed: true });
  });

  it('say after a batch how long it is paid off', async () => {
    const { limits } = setUp(1);
    const [only] = limits as [RateLimits];
    expect(await only.take('k', 'deductions', 3, 12)).toEqual({ allowed: true, left: 0, waitMs: 3_334 });
    expect(await only.take('k', 'deductions', 3, 1)).toMatchObject({ allowed: false, waitMs: 3_334 });
  });

  it('refuse a crowd without asking for each of it', async () => {
    const { shared, limits } = setUp(1);
    const [only] = limits as [RateLimits];
    const all = await Promise.all(
      Array.from({ length: 1_000 }, async () => only.take('k', 'requests', 5, 1)),
    );
    expect(all.filter(({ allowed }) => allowed)).toHaveLength(5);
    expect(shared.asked).toBeLessThan(10);
  });
});
