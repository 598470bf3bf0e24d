import * as fc from 'fast-check';
import { PartitionWork } from './partition-work';
import type { TopicMessage } from './topic-message';

const message = (offset: number): TopicMessage => ({
  topic: 'clicks',
  partition: 0,
  offset: BigInt(offset),
  key: null,
  value: null,
  headers: [],
});

function workOn(inFlightMax: number, offset = 0) {
  const open = new Map<number, (isSettled: boolean) => void>();
  const taken: number[] = [];
  const work = new PartitionWork({
    topic: 'clicks',
    partition: 0,
    offset: BigInt(offset),
    inFlightMax,
    settle: ({ offset: at }) => {
      taken.push(Number(at));
      return new Promise((resolve) => open.set(Number(at), resolve));
    },
    cameForward: () => undefined,
  });
  const settle = async (at: number, isSettled = true): Promise<void> => {
    open.get(at)?.(isSettled);
    open.delete(at);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const fetched = (from: number, count: number): void => {
    const messages = Array.from({ length: count }, (_, n) => message(from + n));
    work.add(BigInt(from), { messages, next: BigInt(from + count) });
  };
  return { work, open, taken, settle, fetched };
}

describe('the work on a partition', () => {
  test('takes no more than its window has room for, and is not fetched from until it has', async () => {
    const { work, taken, settle, fetched } = workOn(2);
    expect(work.fetchFrom).toBe(0n);
    fetched(0, 3);
    expect(taken).toEqual([0, 1]);
    expect(work.fetchFrom).toBeUndefined();
    await settle(1);
    expect(taken).toEqual([0, 1, 2]);
    expect(work.hasToCommit).toBe(false);
    await settle(2);
    expect([work.committable, work.fetchFrom]).toEqual([0n, 3n]);
    await settle(0);
    expect([work.committable, work.hasToCommit]).toEqual([3n, true]);
    work.committed(3n);
    expect(work.hasToCommit).toBe(false);
  });

  test('takes no answer to a fetch from elsewhere, as one that was under way when messages were skipped', () => {
    const { work, taken, fetched } = workOn(10);
    work.skipTo(5n);
    fetched(0, 3);
    expect(taken).toEqual([]);
    expect([work.committable, work.fetchFrom]).toEqual([5n, 5n]);
  });

  test('goes no further once it has ended, whatever comes to its end then', async () => {
    const { work, settle, fetched } = workOn(10);
    fetched(0, 2);
    work.end();
    await settle(0);
    expect(work.committable).toBe(0n);
    fetched(2, 2);
    expect(work.fetchFrom).toBe(2n);
  });

  test('never offers an offset behind a message that is not settled, also one that was given up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ pick: fc.nat(), isSettled: fc.boolean() }), { maxLength: 40 }),
        async (steps) => {
          const { work, open, settle, fetched } = workOn(5);
          const settled = new Set<number>();
          for (const { pick, isSettled } of steps) {
            if (work.fetchFrom !== undefined) fetched(Number(work.fetchFrom), 1 + (pick % 7));
            const waiting = [...open.keys()];
            const at = waiting[pick % waiting.length];
            if (at === undefined) break;
            await settle(at, isSettled);
            if (isSettled) settled.add(at);
            for (let offset = 0; offset < Number(work.committable); offset += 1)
              expect(settled.has(offset)).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
