let lastUs = 0;

/**
 * The clock of the embedded store, in microseconds since 1970. Strictly rising over the whole process, so that an entry
 * of any file is older than every look at the clock that follows it, at any file.
 */
export function processClockUs(): number {
  lastUs = Math.max(lastUs + 1, Date.now() * 1_000);
  return lastUs;
}

/** Entries were given times up to this one: no look at the clock may come before it any more. */
export function passProcessClock(us: number): void {
  lastUs = Math.max(lastUs, us);
}
