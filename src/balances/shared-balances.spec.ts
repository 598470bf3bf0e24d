import { ModelBalanceStore } from '../../test/models/balance-store';
import { TestClock } from '../../test/models/test-clock';
import { Dice } from '../../tools/kernel/dice';
import type { TimedBalance } from './balance-cache';
import { SharedBalances } from './shared-balances';

/** A balance of which every reading shows when it began. */
function reading(number: number): TimedBalance {
  const total = BigInt(number);
  return {
    balance: {
      availableMinor: total,
      heldMinor: 0n,
      totalMinor: total,
      inTransitMinor: 0n,
      grantedMinor: 0n,
    },
    asOfMs: number,
  };
}

function setUp(instances: number, fault?: 'overwrites') {
  const clock = new TestClock();
  const store = new ModelBalanceStore(() => clock.now(), fault);
  const all = Array.from({ length: instances }, () => new SharedBalances({ store, surroundings: clock }));
  return { clock, store, all };
}

describe('balances that instances share', () => {
  it('are read once by all instances together, and again when that is too old', async () => {
    const { clock, all } = setUp(20);
    let readings = 0;
    const take = (): Promise<TimedBalance> => Promise.resolve(reading((readings += 1)));
    const readAll = () => Promise.all(all.map((instance) => instance.read('a', take)));
    const first = await readAll();
    expect(readings).toBe(1);
    expect(new Set(first.map(({ value }) => value.asOfMs))).toEqual(new Set([1]));
    clock.pass(2_000);
    await readAll();
    expect(readings).toBe(2);
  });

  it('say how long ago they were read', async () => {
    const { clock, all } = setUp(2);
    await all[0]?.read('a', () => Promise.resolve(reading(1)));
    clock.pass(400);
    expect(await all[1]?.read('a', () => Promise.resolve(reading(2)))).toMatchObject({ ageMs: 400 });
  });

  it('are read by whoever has waited too long for another instance', async () => {
    const { all } = setUp(2);
    const slow = Promise.withResolvers<TimedBalance>();
    const first = all[0]?.read('a', () => slow.promise);
    await Promise.resolve();
    expect(await all[1]?.read('a', () => Promise.resolve(reading(2)))).toMatchObject({ ageMs: 0 });
    slow.resolve(reading(1));
    expect(await first).toMatchObject({ value: { asOfMs: 1 } });
  });

  it('are read by each instance while the store is away, which is not asked for a second', async () => {
    const { clock, store, all } = setUp(1);
    store.isAway = true;
    const ask = jest.spyOn(store, 'ask');
    const take = (): Promise<TimedBalance> => Promise.resolve(reading(1));
    for (let n = 0; n < 5; n += 1) await all[0]?.read('a', take);
    expect(ask).toHaveBeenCalledTimes(1);
    store.isAway = false;
    clock.pass(1_000);
    expect(await all[0]?.read('a', take)).toMatchObject({ ageMs: 0 });
    expect(await all[0]?.read('a', () => Promise.reject(new Error('not asked')))).toBeDefined();
  });

  it('fail as their reading does, and only for whoever read', async () => {
    const { clock, all } = setUp(1);
    await expect(all[0]?.read('a', () => Promise.reject(new Error('a shard is away')))).rejects.toThrow(
      'away',
    );
    clock.pass(1_000);
    expect(await all[0]?.read('a', () => Promise.resolve(reading(1)))).toBeDefined();
  });
});

/** Instances that read at the same time, fail, take long, and a store that is flushed: what it shows never becomes older. */
async function newestShownGoesBack(seed: number, fault?: 'overwrites'): Promise<boolean> {
  const dice = new Dice(seed);
  const { clock, store, all } = setUp(4, fault);
  const underWay: (() => void)[] = [];
  let began = 0;
  let newest = 0;
  let goesBack = false;
  const look = (): void => {
    const shown = store.valueOf('a')?.asOfMs;
    if (shown === undefined) return;
    if (shown < newest) goesBack = true;
    newest = Math.max(newest, shown);
  };
  for (let step = 0; step < 200; step += 1) {
    const take = (): Promise<TimedBalance> => {
      const number = (began += 1);
      return new Promise((resolve, reject) =>
        underWay.push(() => {
          if (dice.happens(0.1)) reject(new Error('a shard is away'));
          else resolve(reading(number));
        }),
      );
    };
    if (dice.happens(0.6))
      void dice
        .oneOf(all)
        .read('a', take)
        .catch(() => undefined);
    if (dice.happens(0.5)) underWay.splice(dice.between(0, underWay.length), 1)[0]?.();
    if (dice.happens(0.03)) store.flush();
    clock.pass(dice.between(0, 600));
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
    look();
  }
  return goesBack;
}

describe('what a store of balances shows', () => {
  const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);

  it('never becomes older, whatever meets', async () => {
    for (const seed of SEEDS) expect([seed, await newestShownGoesBack(seed)]).toEqual([seed, false]);
  });

  it('would, and this is seen, if a reading overwrote one that began later', async () => {
    const found = await Promise.all(SEEDS.map((seed) => newestShownGoesBack(seed, 'overwrites')));
    expect(found).toContain(true);
  });
});
