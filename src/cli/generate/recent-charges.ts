import type { LogCharge } from './log-charge';
import type { RandomSource } from './random-source';

const KEPT = 512;

/** The last few hundred charges, of which one may come again, as when a sender did not get an answer in time. */
export class RecentCharges {
  readonly #ring: (LogCharge | undefined)[] = [];
  #added = 0;

  add(charge: LogCharge): void {
    this.#ring[this.#added % KEPT] = charge;
    this.#added += 1;
  }

  /** A charge older than `tsMs`, each at most once; `undefined` if the one that chance pointed at will not do. */
  take(random: RandomSource, tsMs: number): LogCharge | undefined {
    const position = random.between(0, KEPT - 1);
    const charge = this.#ring[position];
    if (charge === undefined || charge.tsMs >= tsMs) return undefined;
    this.#ring[position] = undefined;
    return charge;
  }
}
