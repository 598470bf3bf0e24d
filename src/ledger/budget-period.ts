/** How often the limit of a budget begins anew. */
export const BUDGET_PERIODS = ['total', 'hour', 'day', 'month'] as const;

export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** Microseconds since 1970, the end exclusive; a budget without periods has one from 0 to `null`. */
export interface PeriodBounds {
  readonly startUs: number;
  readonly endUs: number | null;
}

const WHOLE: PeriodBounds = { startUs: 0, endUs: null };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** No clock anywhere is further from UTC, and no change of one reaches further. */
const ZONE_MS_MAX = 30 * HOUR_MS;

/** Whether a name is one of the time zones that this program knows. */
export function isTimeZone(name: string): boolean {
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The period that an instant is in, by the clocks of a time zone. Days and months begin with their first instant there: a day has 23
 * or 25 hours where clocks are changed, and one whose midnight is left out begins later. Hours begin when the minutes of the local
 * clock are 0, or when it is changed by a part of an hour.
 *
 * @param timeZone an IANA name that `isTimeZone` accepts
 */
export function periodAt(period: BudgetPeriod, timeZone: string, instantUs: number): PeriodBounds {
  const instantMs = Math.floor(instantUs / 1_000);
  switch (period) {
    case 'total':
      return WHOLE;
    case 'hour':
      return bounds(hourAt(timeZone, instantMs));
    case 'day': {
      const today = floorTo(localMs(timeZone, instantMs), DAY_MS);
      return bounds([firstAt(timeZone, today), firstAt(timeZone, today + DAY_MS)]);
    }
    case 'month': {
      const local = new Date(localMs(timeZone, instantMs));
      const first = (months: number): number =>
        firstAt(timeZone, Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + months, 1));
      return bounds([first(0), first(1)]);
    }
  }
}

function bounds([startMs, endMs]: readonly [number, number]): PeriodBounds {
  return { startUs: startMs * 1_000, endUs: endMs * 1_000 };
}

function hourAt(timeZone: string, instantMs: number): [number, number] {
  const intoHour = localMs(timeZone, instantMs) % HOUR_MS;
  const startMs = instantMs - intoHour;
  const endMs = startMs + HOUR_MS;
  return [
    shiftWithin(timeZone, startMs, instantMs) ?? startMs,
    shiftWithin(timeZone, instantMs, endMs - 1) ?? endMs,
  ];
}

/** The first instant after `fromMs` and up to `toMs` by which the clocks were changed by a part of an hour. */
function shiftWithin(timeZone: string, fromMs: number, toMs: number): number | undefined {
  const offsetAt = (ms: number): number => localMs(timeZone, ms) - ms;
  const before = offsetAt(fromMs);
  if ((offsetAt(toMs) - before) % HOUR_MS === 0) return undefined;
  return firstWhere(fromMs, toMs, (ms) => offsetAt(ms) !== before);
}

/** The first instant at which the local clock shows a midnight, or the first that it shows behind it. */
function firstAt(timeZone: string, localMidnightMs: number): number {
  return firstWhere(
    localMidnightMs - ZONE_MS_MAX,
    localMidnightMs + ZONE_MS_MAX,
    (ms) => localMs(timeZone, ms) >= localMidnightMs,
  );
}

/** Bisects to the millisecond. @param isBehind false at `fromMs`, true at `toMs`, and changes once */
function firstWhere(fromMs: number, toMs: number, isBehind: (ms: number) => boolean): number {
  let [before, behind] = [fromMs, toMs];
  while (behind - before > 1) {
    const middle = Math.floor((before + behind) / 2);
    if (isBehind(middle)) behind = middle;
    else before = middle;
  }
  return behind;
}

function floorTo(ms: number, unitMs: number): number {
  return Math.floor(ms / unitMs) * unitMs;
}

/** What the clocks of a time zone show at an instant, as if it were UTC. */
function localMs(timeZone: string, instantMs: number): number {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of clockOf(timeZone).formatToParts(instantMs)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const millisecond = ((instantMs % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

const CLOCKS_MAX = 1_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError of a name that is no time zone */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (clocks.size >= CLOCKS_MAX) clocks.clear();
  clocks.set(timeZone, clock);
  return clock;
}
