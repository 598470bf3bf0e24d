import { judgeSharedKey, type KeyUse } from './audit-keys';
import { hashId, type PastPlacement } from './routing';

const DAY_US = 24 * 3_600_000_000;
const KEY = 'k4';

/** Two shards of which one is the key's home under a placement of both. */
const home = ['a', 'b'][hashId(KEY) % 2] as string;
const other = home === 'a' ? 'b' : 'a';

describe('a key with entries on two shards', () => {
  const judge = (days: readonly [number, number], past: readonly PastPlacement[] = []) => {
    const uses: KeyUse[] = [
      { shard: home, createdAtUs: days[0] * DAY_US },
      { shard: other, createdAtUs: days[1] * DAY_US },
    ];
    const window = { windowMs: 30 * 24 * 3_600_000, past };
    const found = judgeSharedKey('acme', KEY, uses, window);
    // In whatever order the shards are read.
    expect(judgeSharedKey('acme', KEY, [...uses].reverse(), window)?.invariant).toBe(found?.invariant);
    return found?.invariant;
  };
  const movedAt = (day: number, shards = ['a', 'b']): PastPlacement => ({ shards, fencedAtUs: day * DAY_US });

  test('took effect twice, if both came within the window', () => {
    expect(judge([0, 0])).toBe('oneEffectPerKey');
    expect(judge([0, 30])).toBe('oneEffectPerKey');
  });

  test('was used again as documented, if the window was over', () => {
    expect(judge([0, 30.1])).toBeUndefined();
    expect(judge([0, 40], [movedAt(5)])).toBeUndefined();
  });

  test('took effect twice, if the account had moved less than a window before the second, however old the first is', () => {
    expect(judge([0, 100], [movedAt(71)])).toBe('oneEffectPerKey');
    expect(judge([0, 100], [movedAt(69)])).toBeUndefined();
  });

  test('is judged by no placement that ended after the second, or had the key elsewhere', () => {
    expect(judge([0, 100], [movedAt(101)])).toBeUndefined();
    expect(judge([0, 100], [movedAt(99, [other])])).toBeUndefined();
  });
});
