export const PERIODS = ['total', 'hour', 'day', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const QUARTER_MS = 900_000;

/** Whether a time zone is known here, such as `UTC` or `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Names the period that a quarter of an hour since 1970 belongs to, by the clocks of a time zone: `2026-03`, `2026-03-29`,
 * `2026-03-29T02+01:00`, or nothing where all is one period. The offset tells apart the two hours that have one name when clocks are
 * put back.
 */
export function periodNames(period: Period, timeZone: string): (quarter: number) => string {
  if (period === 'total') return () => '';
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  return (quarter) => {
    const parts = new Map(format.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
    const month = `${part('year').padStart(4, '0')}-${part('month')}`;
    if (period === 'month') return month;
    const day = `${month}-${part('day')}`;
    if (period === 'day') return day;
    return `${day}T${part('hour')}${part('timeZoneName').slice('GMT'.length) || '+00:00'}`;
  };
}
