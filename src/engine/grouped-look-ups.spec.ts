import { TestClock } from '../../test/models/test-clock';
import { promisesSettled } from '../../test/models/turns';
import { GroupedLookUps, type LookUpBounds } from './grouped-look-ups';

const BOUNDS: LookUpBounds = { groupMax: 3, groupsAtOnceMax: 2, waitingMax: 10, waitMsMax: 1_000 };

describe('grouped look-ups', () => {
  test('ask once for all who came in the same turn, and answer each with its own', async () => {
    const { lookUps, asked, answerAll } = setUp();
    const all = Promise.all(['a', 'b', 'gone'].map((key) => lookUps.find(key)));
    await promisesSettled();
    expect(asked.map(({ keys }) => keys)).toEqual([['a', 'b', 'gone']]);
    answerAll();
    expect(await all).toEqual(['found a', 'found b', undefined]);
  });

  test('ask for no more than a group at a time, and only so many groups at once', async () => {
    const { lookUps, asked, answerAll } = setUp();
    const all = Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => lookUps.find(key)));
    await promisesSettled();
    expect(asked.map(({ keys }) => keys)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
    answerAll();
    await promisesSettled();
    expect(asked.map(({ keys }) => keys)).toEqual([['g', 'h']]);
    answerAll();
    expect(await all).toHaveLength(8);
  });

  test('answer nobody with a statement that began before it asked', async () => {
    const { lookUps, asked, answerAll } = setUp();
    const before = lookUps.find('a');
    await promisesSettled();
    const after = lookUps.find('a');
    const beside = lookUps.find('a');
    await promisesSettled();
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['a']]);
    expect(beside).toBe(after);
    answerAll();
    expect(await Promise.all([before, after])).toEqual(['found a', 'found a']);
  });

  test('refuse a key when too many wait, and one whose turn comes too late', async () => {
    const { lookUps, asked, answerAll, clock } = setUp();
    const all = Promise.allSettled(Array.from({ length: 17 }, (_, n) => lookUps.find(`key ${n}`)));
    await expect(lookUps.find('one more')).rejects.toThrow('too many look-ups wait');
    await promisesSettled();
    const late = lookUps.find('late');
    clock.pass(1_001);
    answerAll();
    await expect(late).rejects.toThrow('a look-up has waited too long');
    expect(asked).toHaveLength(0);
    expect((await all).filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    expect(lookUps.waiting).toBe(0);
  });

  test('fail those whose statement failed, and nobody else', async () => {
    const { lookUps, asked } = setUp();
    const first = Promise.allSettled(['a', 'b', 'c'].map((key) => lookUps.find(key)));
    const other = lookUps.find('d');
    await promisesSettled();
    asked[0]?.fail(new Error('away'));
    asked[1]?.answer();
    expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await other).toBe('found d');
  });
});

interface Asked {
  readonly keys: readonly string[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

function setUp() {
  const clock = new TestClock();
  const asked: Asked[] = [];
  const lookUps = new GroupedLookUps<string>(BOUNDS, {
    ask: (keys) =>
      new Promise((resolve, reject) => {
        const found = keys.filter((key) => key !== 'gone').map((key) => [key, `found ${key}`] as const);
        asked.push({
          keys,
          answer: () => {
            resolve(new Map(found));
          },
          fail: reject,
        });
      }),
    overloaded: (detail) => new Error(detail),
    now: () => clock.now(),
    turn: () => Promise.resolve(),
  });
  const answerAll = (): void => {
    for (const { answer } of asked.splice(0)) answer();
  };
  return { clock, asked, lookUps, answerAll };
}
