import * as fc from 'fast-check';
import { Progress, type Taken } from './progress';

describe('the progress of a partition', () => {
  test('is as far as everything before it is settled', () => {
    const progress = new Progress(10n);
    const [a, b, c] = [progress.take(11n), progress.take(12n), progress.take(13n)];
    progress.settle(b);
    expect([progress.committable, progress.unsettled, progress.span]).toEqual([10n, 2, 3]);
    progress.settle(a);
    expect([progress.committable, progress.unsettled, progress.span]).toEqual([12n, 1, 1]);
    progress.settle(c);
    expect([progress.committable, progress.unsettled, progress.span]).toEqual([13n, 0, 0]);
  });

  test('passes what holds no message', () => {
    const progress = new Progress(0n);
    progress.pass(5n);
    expect(progress.committable).toBe(5n);
    const message = progress.take(6n);
    progress.pass(9n);
    expect(progress.committable).toBe(5n);
    progress.settle(message);
    expect(progress.committable).toBe(9n);
  });

  test('never goes beyond a message that is not settled, nor back, in whatever order they are settled', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { maxLength: 4_000 }),
        fc.integer({ min: 1, max: 50 }),
        (picks, most) => {
          const progress = new Progress(0n);
          const open: Taken[] = [];
          const settled = new Set<bigint>();
          let next = 0n;
          for (const pick of picks) {
            const before = progress.committable;
            if (open.length < most && pick % 3 !== 0) open.push(progress.take((next += 1n)));
            else if (open.length > 0) {
              const [one] = open.splice(pick % open.length, 1) as [Taken];
              progress.settle(one);
              settled.add(one.next);
            }
            const { committable } = progress;
            expect(committable >= before).toBe(true);
            for (let offset = before + 1n; offset <= committable; offset += 1n)
              expect(settled.has(offset)).toBe(true);
            expect(open.every((each) => each.next > committable)).toBe(true);
            expect(settled.has(committable + 1n)).toBe(false);
            expect(progress.unsettled).toBe(open.length);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
