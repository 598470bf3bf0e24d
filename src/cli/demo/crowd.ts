import { type HotsplitClient, RefusedError } from '../../client';
import { SkewedChoice } from '../generate/skewed-choice';
import { pauseUnlessAborted } from '../service/unless-aborted';
import type { Clock } from '../surroundings';

export interface CrowdCounts {
  applied: number;
  refused: number;
  failed: number;
}

const TICK_MS = 50;
/** Of what is not answered yet: a slow machine is given less to do. */
const UNDER_WAY_MAX = 2_000;
/** Most of the crowd is at one account. */
const SKEW = 1.6;
const AMOUNT_MAX = 250;
const HOLD_SHARE = 0.02;
const CREDIT_SHARE = 0.05;

/** Many who pay at once, most of them from one account: deductions, some credits, some holds that are confirmed. */
export class Crowd {
  readonly counts: CrowdCounts = { applied: 0, refused: 0, failed: 0 };
  readonly #underWay = new Set<Promise<void>>();
  readonly #choice: SkewedChoice;
  readonly #random: () => number;

  constructor(
    private readonly client: HotsplitClient,
    private readonly accounts: readonly string[],
    random: () => number,
  ) {
    this.#random = random;
    this.#choice = new SkewedChoice({ count: accounts.length, skew: SKEW });
  }

  /** Pays until it is stopped. @throws the reason that the signal was raised with */
  async pay(perSecond: number, clock: Clock, signal: AbortSignal): Promise<never> {
    for (let owed = 0; ;) {
      owed += (perSecond * TICK_MS) / 1_000;
      for (; owed >= 1; owed -= 1) if (this.#underWay.size < UNDER_WAY_MAX) this.#begin();
      await pauseUnlessAborted(clock, TICK_MS, signal);
    }
  }

  /** Resolves when everything is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #begin(): void {
    const one = this.#payment().then(
      () => {
        this.counts.applied += 1;
      },
      (error: unknown) => {
        this.counts[error instanceof RefusedError ? 'refused' : 'failed'] += 1;
      },
    );
    const kept = one.finally(() => this.#underWay.delete(kept));
    this.#underWay.add(kept);
  }

  async #payment(): Promise<void> {
    const rank = this.#choice.choose({ fraction: this.#random });
    const accountId = this.accounts[rank] ?? '';
    const amount = BigInt(1 + Math.floor(this.#random() * AMOUNT_MAX));
    const kind = this.#random();
    if (kind < HOLD_SHARE) {
      const { holdId } = await this.client.hold({ accountId, amount, reference: 'demo: reserved' });
      await this.client.confirmHold({ accountId, holdId });
    } else if (kind < HOLD_SHARE + CREDIT_SHARE)
      await this.client.credit({ accountId, amount: amount * 10n, reference: 'demo: top-up' });
    else await this.client.deduct({ accountId, amount, reference: 'demo: a click' });
  }
}
