import fc from 'fast-check';
import { FrequentAccounts } from './frequent-accounts';

/**
 * Invariants, whatever is named in whatever order:
 * - a count is what was named at most, and that less `missed` at least; `missed` is `total / size` at most;
 * - no more than twice `size` accounts are kept.
 */
describe('the accounts that were named most', () => {
  const size = 4;
  const names = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 300,
  });

  it('are counted within the error that they promise', () => {
    fc.assert(
      fc.property(names, (named) => {
        const frequent = new FrequentAccounts(size);
        const exact = new Map<string, number>();
        for (const [number, times] of named) {
          frequent.add(`a${number}`, times, 0);
          exact.set(`a${number}`, (exact.get(`a${number}`) ?? 0) + times);
        }
        const counted = new Map(frequent.top(100).map(({ accountId, count }) => [accountId, count]));
        expect(counted.size).toBeLessThanOrEqual(2 * size);
        expect(frequent.missed).toBeLessThanOrEqual(frequent.total / size);
        for (const [accountId, times] of exact) {
          const count = counted.get(accountId) ?? 0;
          expect(count).toBeLessThanOrEqual(times);
          expect(count).toBeGreaterThanOrEqual(times - frequent.missed);
        }
      }),
    );
  });

  it('have a hot one among them, however many cold ones are named between', () => {
    const frequent = new FrequentAccounts(size);
    for (let cold = 0; cold < 100_000; cold += 1) {
      frequent.add(`cold${cold}`, 1, 0);
      if (cold % 3 === 0) frequent.add('hot', 1, 0);
    }
    expect(frequent.top(1)).toMatchObject([{ accountId: 'hot' }]);
  });

  it('fade, and what has faded away is forgotten', () => {
    const frequent = new FrequentAccounts(size);
    frequent.add('once', 1, 0);
    frequent.add('often', 1_000, 2);
    frequent.fade(0.5);
    expect(frequent.top(2)).toMatchObject([
      { accountId: 'often', count: 500, busySeconds: 1 },
      { accountId: 'once', count: 0.5 },
    ]);
    for (let times = 0; times < 10; times += 1) frequent.fade(0.5);
    expect(frequent.top(2).map(({ accountId }) => accountId)).toEqual(['often']);
  });

  it('take with them the part of their work that their count stands for', () => {
    const frequent = new FrequentAccounts(1);
    frequent.add('a', 10, 1);
    frequent.add('b', 5, 1);
    frequent.add('c', 1, 1);
    expect(frequent.top(3)).toEqual([{ accountId: 'a', count: 5, busySeconds: 0.5, refused: 0 }]);
  });
});
