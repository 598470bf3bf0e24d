const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 30_000;

/** A worker that has served so long was well: what ends it then is news, and not the same fault once more. */
const WELL_MS = 60_000;

/** How often a worker has ended, one time soon after the other. */
export function endsInARow(before: number, servedMs: number): number {
  return servedMs >= WELL_MS ? 1 : before + 1;
}

/** Milliseconds until a worker that has ended is replaced: soon at first, and never in a tight loop. */
export function restartPauseMs(ends: number): number {
  return Math.min(PAUSE_MS_MIN * 2 ** (ends - 1), PAUSE_MS_MAX);
}
