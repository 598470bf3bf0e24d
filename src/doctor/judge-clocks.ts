import { broken, type Check, ok, type Verdict, warning } from './check';

export interface ClockReading {
  readonly target: string;
  /** How far the database's clock is ahead of this host's. */
  readonly aheadMs: number;
  /** How long the question took: the reading is no more exact than that. */
  readonly roundTripMs: number;
}

const WARNING_MS = 1_000;
const BROKEN_MS = 60_000;

/** Clocks of databases decide when holds and leases expire, and order lists; this host's decides nothing. */
export function judgeClock({ aheadMs, roundTripMs }: ClockReading): Verdict {
  const found = `${seconds(aheadMs)} ahead of this host (±${seconds(roundTripMs / 2)})`;
  const off = Math.abs(aheadMs) - roundTripMs;
  if (off < WARNING_MS) return ok('clock', found);
  const means =
    'holds and leases of this database expire too early or too late, and entries are listed in another order';
  const remedy = 'run NTP on the server and on this host, and find out which of the two is wrong';
  return off < BROKEN_MS ? warning('clock', found, means, remedy) : broken('clock', found, means, remedy);
}

export function judgeClocks(readings: readonly ClockReading[]): Check[] {
  return readings.map((reading) => ({ target: reading.target, ...judgeClock(reading) }));
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
