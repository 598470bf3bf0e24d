import { isTimeZone, periodNames } from './period-names';

const quarterAt = (time: string): number => Date.parse(time) / 900_000;

describe('names of periods', () => {
  test.each([
    ['month', 'UTC', '2026-03-31T23:45:00Z', '2026-03'],
    ['month', 'Europe/Berlin', '2026-03-31T23:45:00Z', '2026-04'],
    ['day', 'America/New_York', '2026-01-01T04:45:00Z', '2025-12-31'],
    ['hour', 'UTC', '2026-01-01T00:15:00Z', '2026-01-01T00+00:00'],
    ['hour', 'Asia/Kolkata', '2026-01-01T00:15:00Z', '2026-01-01T05+05:30'],
    ['hour', 'Asia/Kolkata', '2026-01-01T00:30:00Z', '2026-01-01T06+05:30'],
    ['total', 'UTC', '2026-01-01T00:30:00Z', ''],
  ] as const)('the %s in %s at %s is "%s"', (period, timeZone, time, name) => {
    expect(periodNames(period, timeZone)(quarterAt(time))).toBe(name);
  });

  test('tell apart the two hours of the night in which clocks are put back', () => {
    const nameOf = periodNames('hour', 'Europe/Berlin');
    expect(nameOf(quarterAt('2026-10-25T00:30:00Z'))).toBe('2026-10-25T02+02:00');
    expect(nameOf(quarterAt('2026-10-25T01:30:00Z'))).toBe('2026-10-25T02+01:00');
  });

  test.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu'])('%s is a time zone', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  test.each(['', 'Mars/Olympus', 'utc\0'])('"%s" is none', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
