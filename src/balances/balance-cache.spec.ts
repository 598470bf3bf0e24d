import { type AgedBalance, BalanceCache } from './balance-cache';

/** A cache of three accounts on a clock that the test turns; the nth reading has n available. */
function setUp() {
  let now = 0;
  let readings = 0;
  const cache = new BalanceCache({ accountsMax: 3, ageMsMax: 1_000 }, () => now);
  const take = (): Promise<AgedBalance> => {
    readings += 1;
    const total = BigInt(readings);
    const balance = {
      availableMinor: total,
      heldMinor: 0n,
      totalMinor: total,
      inTransitMinor: 0n,
      grantedMinor: 0n,
    };
    return Promise.resolve({ value: { balance, asOfMs: now }, ageMs: 0 });
  };
  return {
    cache,
    take,
    pass: (ms: number) => void (now += ms),
    readings: () => readings,
    read: async (accountId: string) => (await cache.read(accountId, take)).balance.availableMinor,
  };
}

describe('a balance cache', () => {
  test('answers with what it has read until that is too old, by when the reading began', async () => {
    const { cache, take, read, pass } = setUp();
    expect(await read('a')).toBe(1n);
    pass(1_000);
    expect(await cache.read('a', take)).toMatchObject({ asOfMs: 0, balance: { availableMinor: 1n } });
    pass(1);
    expect(await cache.read('a', take)).toMatchObject({ asOfMs: 1_001, balance: { availableMinor: 2n } });
  });

  test('counts the age that a reading has when it comes from another instance', async () => {
    const { cache, take, pass, readings } = setUp();
    await cache.read('a', async () => ({ ...(await take()), ageMs: 700 }));
    pass(300);
    await cache.read('a', take);
    expect(readings()).toBe(1);
    pass(1);
    await cache.read('a', take);
    expect(readings()).toBe(2);
  });

  test('lets all who ask meanwhile share one reading', async () => {
    const { read, readings } = setUp();
    expect(await Promise.all([read('a'), read('a'), read('b'), read('a')])).toEqual([1n, 1n, 2n, 1n]);
    expect(readings()).toBe(2);
  });

  test('does not keep a failure', async () => {
    const { cache, read } = setUp();
    const failing = (): Promise<AgedBalance> => Promise.reject(new Error('away'));
    await expect(cache.read('a', failing)).rejects.toThrow('away');
    expect(await read('a')).toBe(1n);
  });

  test('has room for so many accounts and forgets the one asked for longest ago', async () => {
    const { read, readings } = setUp();
    for (const accountId of ['a', 'b', 'c', 'a', 'd']) await read(accountId);
    expect(readings()).toBe(4);
    expect(await read('a')).toBe(1n);
    expect(await read('b')).toBe(5n);
  });
});
