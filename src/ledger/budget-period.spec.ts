import * as fc from 'fast-check';
import { DateTime } from 'luxon';
import { BUDGET_PERIODS, isTimeZone, periodAt } from './budget-period';

/** Among them zones that change their clocks at midnight, by half an hour, or left a day out. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Asia/Shanghai',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
];

const FROM_MS = Date.UTC(2001, 0, 1);
const TO_MS = Date.UTC(2040, 0, 1);
const HOUR_US = 3_600_000_000;

const instants = fc.integer({ min: FROM_MS, max: TO_MS }).map((ms) => ms * 1_000);
const zones = fc.constantFrom(...ZONES);

/** Periods of budgets: a library says when days and months begin, and each instant is in exactly one period. */
describe('the periods of a budget', () => {
  it.each(['day', 'month'] as const)('begin and end with a %s as a library has it', (period) => {
    fc.assert(
      fc.property(zones, instants, (zone, instantUs) => {
        const at = DateTime.fromMillis(instantUs / 1_000, { zone });
        const start = at.startOf(period);
        const { startUs, endUs } = periodAt(period, zone, instantUs);
        // Where a midnight is shown twice or left out, the library takes another one than the first instant of that date.
        const first = firstOf(start);
        expect([zone, startUs]).toEqual([zone, first.toMillis() * 1_000]);
        expect(endUs).toBe(firstOf(start.plus({ [`${period}s`]: 1 }).startOf(period)).toMillis() * 1_000);
      }),
      { numRuns: 200 },
    );
  });

  it.each(BUDGET_PERIODS)('cover every instant once (%s)', (period) => {
    fc.assert(
      fc.property(zones, instants, fc.nat(), (zone, instantUs, n) => {
        const { startUs, endUs } = periodAt(period, zone, instantUs);
        if (endUs === null) {
          expect(startUs).toBe(0);
          return;
        }
        expect(startUs).toBeLessThanOrEqual(instantUs);
        expect(endUs).toBeGreaterThan(instantUs);
        const inside = startUs + (n % (endUs - startUs));
        expect(periodAt(period, zone, inside)).toEqual({ startUs, endUs });
        expect(periodAt(period, zone, endUs).startUs).toBe(endUs);
        expect(periodAt(period, zone, startUs - 1).endUs).toBe(startUs);
      }),
      { numRuns: 150 },
    );
  });

  it('have 23 and 25 hours where clocks are changed', () => {
    const hours = (zone: string, day: string): number => {
      const { startUs, endUs } = periodAt('day', zone, Date.parse(day) * 1_000);
      return ((endUs ?? 0) - startUs) / HOUR_US;
    };
    expect(hours('Europe/Berlin', '2026-03-29T12:00:00Z')).toBe(23);
    expect(hours('Europe/Berlin', '2026-10-25T12:00:00Z')).toBe(25);
    expect(hours('Europe/Berlin', '2026-10-26T12:00:00Z')).toBe(24);
    expect(hours('Australia/Lord_Howe', '2026-04-05T01:00:00Z')).toBe(24.5);
  });

  it('begin later where a midnight is left out, and leave a day out that a zone has left out', () => {
    const start = (zone: string, at: string): string =>
      new Date(periodAt('day', zone, Date.parse(at) * 1_000).startUs / 1_000).toISOString();
    expect(start('Asia/Beirut', '2024-03-31T12:00:00Z')).toBe('2024-03-30T22:00:00.000Z');
    const { endUs } = periodAt('day', 'Pacific/Apia', Date.parse('2011-12-30T09:00:00Z') * 1_000);
    expect(new Date((endUs ?? 0) / 1_000).toISOString()).toBe('2011-12-30T10:00:00.000Z');
  });

  it('know time zones by their names', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Calcutta'].map(isTimeZone)).toEqual([true, true, true]);
    expect(['', 'Europe/Nowhere', 'x y'].map(isTimeZone)).toEqual([false, false, false]);
  });
});

/** The first instant with the date of a beginning, looked for by the library's own clock. */
function firstOf(start: DateTime): DateTime {
  let first = start;
  for (
    let earlier = start;
    earlier.toISODate() === start.toISODate();
    earlier = earlier.minus({ minutes: 30 })
  )
    first = earlier;
  return first;
}
