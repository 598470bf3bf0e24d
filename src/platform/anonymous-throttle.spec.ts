import { TestClock } from '../../test/models/test-clock';
import { AnonymousThrottle, networkOf } from './anonymous-throttle';

function setUp(settings: { readonly heldMax?: number; readonly addressesMax?: number } = {}) {
  const clock = new TestClock();
  const counts = { held: 0, refused: 0 };
  let turn = 0;
  const throttle = new AnonymousThrottle({
    // Evenly over the whole range.
    random: () => (turn++ % 100) / 100,
    settings: { perSecond: 10, addressesMax: 100, heldMax: 1_000, ...settings },
    now: () => clock.now(),
    later: (ms, run) => clock.later(ms, run),
    counted: (result) => (counts[result] += 1),
  });
  const passedAtOnce = (requests: number, address: string): number =>
    Array.from({ length: requests }, () => throttle.pass(address)).filter((passed) => passed === true).length;
  return { clock, throttle, counts, passedAtOnce };
}

describe('the throttle of anonymous requests', () => {
  test('lets an address have twice its rate at once, then its rate', () => {
    const { clock, passedAtOnce } = setUp();
    expect(passedAtOnce(20, '10.0.0.1')).toBe(20);
    expect(passedAtOnce(1, '10.0.0.1')).toBe(0);
    clock.pass(60_000);
    expect(passedAtOnce(100, '10.0.0.1')).toBe(20);
  });

  test('keeps addresses apart', () => {
    const { passedAtOnce } = setUp();
    expect(passedAtOnce(1_000, '10.0.0.1')).toBe(20);
    expect(passedAtOnce(1, '10.0.0.2')).toBe(1);
  });

  test('holds what is beyond, two seconds at most, however much it is', async () => {
    const { clock, throttle, passedAtOnce } = setUp();
    passedAtOnce(500, '10.0.0.1');
    const last = throttle.pass('10.0.0.1');
    expect(throttle.held).toBe(481);
    clock.pass(2_000);
    expect(await last).toBe(true);
    expect(throttle.held).toBe(0);
    expect(passedAtOnce(1, '10.0.0.1')).toBe(0);
    clock.pass(2_200);
    expect(passedAtOnce(1, '10.0.0.1')).toBe(1);
  });

  test('lets a crowd that came at one moment come again at many', async () => {
    const { clock, throttle, passedAtOnce } = setUp();
    passedAtOnce(120, '10.0.0.1');
    const atMs: number[] = [];
    for (let request = 0; request < 100; request += 1)
      void (throttle.pass('10.0.0.1') as Promise<true>).then(() => atMs.push(clock.now()));
    for (let ms = 0; ms < 2_000; ms += 5) {
      clock.pass(5);
      await Promise.resolve();
    }
    expect(atMs).toHaveLength(100);
    expect(Math.max(...atMs) - Math.min(...atMs)).toBeGreaterThan(400);
    const atOneTime = Map.groupBy(atMs, (ms) => ms).values();
    expect(Math.max(...[...atOneTime].map(({ length }) => length))).toBeLessThan(5);
  });

  test('holds a probe for less than its supervisor waits', async () => {
    const { clock, throttle, passedAtOnce } = setUp();
    passedAtOnce(500, '10.0.0.1');
    const probe = throttle.pass('10.0.0.1', 750);
    clock.pass(750);
    expect(await probe).toBe(true);
  });

  test('refuses when too many are held, of all addresses together', () => {
    const { throttle, counts, passedAtOnce } = setUp({ heldMax: 5 });
    passedAtOnce(25, '10.0.0.1');
    expect(throttle.pass('10.0.0.1')).toBe(false);
    expect(passedAtOnce(20, '10.0.0.2')).toBe(20);
    expect(throttle.pass('10.0.0.2')).toBe(false);
    expect(counts).toEqual({ held: 5, refused: 2 });
  });

  test('forgets the address that came first when there are too many', () => {
    const { passedAtOnce } = setUp({ addressesMax: 3 });
    passedAtOnce(20, 'first');
    for (const address of ['b', 'c', 'd']) passedAtOnce(1, address);
    expect(passedAtOnce(20, 'first')).toBe(20);
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
