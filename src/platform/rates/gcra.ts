/** How much may come at once after a pause: what the rate allows in so long. */
export const BURST_MS = 1_000;

export interface Taken {
  readonly allowed: boolean;
  /** How many more may come now. */
  readonly left: number;
  /** After which one may come; 0 when one may come now. */
  readonly waitMs: number;
}

/**
 * A rate of one holder: the generic cell rate algorithm (ITU-T I.371), which is a leaky bucket that needs one number. A group that
 * comes together, such as a batch, passes whole when one of it may pass, and what it is above the burst is paid off afterwards: a
 * batch larger than the rate could never come otherwise, and over time the rate holds.
 */
export class Rate {
  /** When everything that came will have been paid off. */
  #paidAt = -Infinity;

  constructor(public perSecond: number) {}

  take(count: number, now: number): Taken {
    const costMs = 1_000 / this.perSecond;
    const from = Math.max(this.#paidAt, now);
    const room = (BURST_MS - (from - now)) / costMs;
    const allowed = room >= 1;
    if (allowed) this.#paidAt = from + count * costMs;
    const left = Math.max(0, Math.floor(allowed ? room - count : room));
    const waitMs = left > 0 ? 0 : Math.max(0, this.#paidAt + costMs - BURST_MS - now);
    return { allowed, left, waitMs: Math.ceil(waitMs) };
  }
}
