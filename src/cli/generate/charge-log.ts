import type { LogCharge, LogSettings } from './log-charge';
import { Prices } from './prices';
import { RandomSource } from './random-source';
import { RecentCharges } from './recent-charges';
import { SkewedChoice } from './skewed-choice';

const START_MS = Date.UTC(2026, 0, 1);
const BURST_ROWS_MIN = 50;
const BURST_ROWS_MAX = 150;
const MS_BETWEEN_BURSTS = 5_000;

/**
 * The charges of a made-up log, in order of time: bursts of about a hundred within one second, then some seconds of
 * nothing, as a log looks that is written in batches. The same settings give the same charges.
 */
export function* chargeLog(settings: LogSettings): Generator<LogCharge> {
  const { rows, accounts, skew, seed, days, requestIds, repeatRate } = settings;
  const random = new RandomSource(seed);
  const prices = new Prices(random);
  const choice = new SkewedChoice({ count: accounts, skew });
  const idDigits = String(accounts).length;
  const recent = new RecentCharges();
  const spanMs = days === undefined ? (rows / 100) * MS_BETWEEN_BURSTS : days * 86_400_000;
  let lastMs = START_MS;
  for (let written = 0; written < rows;) {
    const burstRows = Math.min(rows - written, random.between(BURST_ROWS_MIN, BURST_ROWS_MAX));
    // Each burst falls somewhere into its own stretch of the span, so that the log ends where it should.
    const burstMs = START_MS + ((written + random.fraction() * burstRows) / rows) * spanMs;
    const secondMs = burstMs - (burstMs % 1000);
    for (let index = 0; index < burstRows; index += 1) {
      // Where bursts crowd, two may share a second: time still does not go back.
      lastMs = Math.max(lastMs, secondMs + Math.floor((index * 1000) / burstRows));
      const repeated = requestIds && random.fraction() < repeatRate ? recent.take(random, lastMs) : undefined;
      if (repeated !== undefined) {
        yield { ...repeated, tsMs: lastMs };
        continue;
      }
      const accountId = `acct-${String(choice.choose(random) + 1).padStart(idDigits, '0')}`;
      const requestId = requestIds ? random.hex(32) : '';
      const charge: LogCharge = { tsMs: lastMs, accountId, amount: prices.next(), requestId };
      if (requestIds) recent.add(charge);
      yield charge;
    }
    written += burstRows;
  }
}
