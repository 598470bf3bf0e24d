const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After the first attempt, the second, and so on; the last goes for all that follow. */
const PAUSES_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR];

/** A delivery is tried for so long; then its webhook is disabled. */
export const TRIED_FOR_MS = 72 * HOUR;

/** Pauses differ by so much, so that what failed together does not come again together. */
const JITTER = 0.2;

/**
 * @param attempts that have failed
 * @param chance in [0, 1)
 * @returns `null` when it has been tried for long enough
 */
export function pauseMs(attempts: number, sinceFirstMs: number, chance: number): number | null {
  if (sinceFirstMs >= TRIED_FOR_MS) return null;
  const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? PAUSES_MS[0] ?? SECOND;
  return pause * (1 + JITTER * (2 * chance - 1));
}
