import * as fc from 'fast-check';
import { TimeOrderedIds } from './request-ids';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('TimeOrderedIds', () => {
  it('makes UUIDv7 that begin with the time', () => {
    const id = new TimeOrderedIds().next();
    expect(id).toMatch(UUID_V7);
    expect(Math.abs(parseInt(id.replaceAll('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(60_000);
  });

  it('makes each greater than the one before, whatever clock and chance do', () => {
    const steps = fc.array(
      fc.record({ ms: fc.integer({ min: -50, max: 3 }), count: fc.integer({ min: 1, max: 900 }) }),
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 255 }), (clock, byte) => {
        let wallMs = 1_800_000_000_000;
        const ids = new TimeOrderedIds({ wallMs: () => wallMs, fillRandom: (bytes) => bytes.fill(byte) });
        let last = '';
        for (const { ms, count } of clock) {
          wallMs += ms;
          for (let n = 0; n < count; n += 1) {
            const id = ids.next();
            expect(id > last && UUID_V7.test(id)).toBe(true);
            last = id;
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('goes on in the next millisecond when one is full', () => {
    const ids = new TimeOrderedIds({ wallMs: () => 1_800_000_000_000, fillRandom: (bytes) => bytes.fill(0) });
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(made).size).toBe(10_000);
    expect([...made].sort()).toEqual(made);
  });
});
