import type { Dice } from '../../kernel/dice';
import type { Asked } from '../model/asked';
import type { AskedCapture, AskedFollowUp } from '../model/hold-model';
import type { Site } from './site';

type Step = 'capture' | 'captureMore' | 'again' | 'reuse' | 'raise' | 'extend' | 'reverse' | 'race';

const STEPS: Readonly<Record<Step, number>> = {
  capture: 4,
  captureMore: 2,
  again: 2,
  reuse: 0.5,
  raise: 2,
  extend: 1.5,
  reverse: 2,
  race: 2,
};

const STEPS_MAX = 5;

/** What becomes of a hold before its end: captures under ids of their own, above it too, raises, extensions, reversals of captures. */
export class LastingHolds {
  #ids = 0;

  constructor(
    private readonly site: Site,
    private readonly chance: Dice,
    private readonly share: number,
    /** Sends it until it is answered, or patience ends. */
    private readonly untilAnswered: (asked: AskedFollowUp) => Promise<unknown>,
  ) {}

  /** Some steps in any order, for some of the holds. */
  async go(held: Asked): Promise<void> {
    if (!this.chance.happens(this.share)) return;
    const captures: AskedCapture[] = [];
    for (let steps = this.chance.between(1, STEPS_MAX); steps > 0; steps -= 1) {
      await this.#step(this.chance.weighted(STEPS), held, captures);
      await this.site.sleep(this.chance.spanMs(this.site.plan.thinkMsMean));
    }
  }

  /** Takes a credit back, or a part of it, once or by two at once. */
  async takeBack({ accountId, requestId: reverses, amountMinor }: Asked): Promise<void> {
    const { chance } = this;
    const one = (): AskedFollowUp => ({
      kind: 'reverse',
      of: 'credit',
      accountId,
      reverses,
      captureId: null,
      requestId: this.#newId(),
      amountMinor: chance.happens(0.3) ? null : 1n + (amountMinor * BigInt(chance.between(0, 110))) / 100n,
    });
    const first = one();
    await Promise.all([
      this.untilAnswered(first),
      ...(chance.happens(0.4) ? [this.untilAnswered(first)] : []),
      ...(chance.happens(0.3) ? [this.untilAnswered(one())] : []),
    ]);
  }

  async #step(step: Step, held: Asked, captures: AskedCapture[]): Promise<void> {
    const { chance } = this;
    const { accountId, requestId: holdId, amountMinor } = held;
    const earlier = captures.length > 0 ? chance.oneOf(captures) : undefined;
    switch (step) {
      case 'capture':
      case 'captureMore': {
        const capture = this.#capture(held, step === 'captureMore');
        captures.push(capture);
        await this.untilAnswered(capture);
        return;
      }
      case 'again':
        if (earlier) await this.untilAnswered(earlier);
        return;
      case 'reuse':
        if (earlier) await this.untilAnswered({ ...earlier, amountMinor: (earlier.amountMinor ?? 0n) + 1n });
        return;
      case 'raise':
        await this.untilAnswered({
          kind: 'raise',
          accountId,
          holdId,
          amountMinor: this.#part(held, 50, 300),
        });
        return;
      case 'extend': {
        const expiresInUs = chance.between(100_000, 4_000_000);
        await this.untilAnswered({ kind: 'extend', accountId, holdId, expiresInUs });
        return;
      }
      case 'reverse':
        if (earlier) await this.untilAnswered(this.#reversalOf(earlier, amountMinor));
        return;
      case 'race': {
        const one = this.#capture(held, chance.happens(0.5));
        const other = chance.happens(0.5) ? one : this.#capture(held, chance.happens(0.5));
        captures.push(one);
        const raise = { kind: 'raise', accountId, holdId, amountMinor: this.#part(held, 100, 300) } as const;
        await Promise.all([
          this.untilAnswered(one),
          this.untilAnswered(other),
          ...(chance.happens(0.4) ? [this.untilAnswered(raise)] : []),
        ]);
        return;
      }
    }
  }

  #capture(held: Asked, mayTakeMore: boolean): AskedCapture {
    const { accountId, requestId: holdId } = held;
    return {
      kind: 'confirm',
      accountId,
      holdId,
      captureId: this.#newId(),
      amountMinor: this.chance.happens(0.1) ? null : this.#part(held, 1, mayTakeMore ? 250 : 70),
      isFinal: this.chance.happens(0.12),
      mayTakeMore,
    };
  }

  #reversalOf({ accountId, holdId, captureId }: AskedCapture, amountMinor: bigint): AskedFollowUp {
    return {
      kind: 'reverse',
      of: 'deduction',
      accountId,
      reverses: holdId,
      captureId,
      requestId: this.#newId(),
      amountMinor: this.chance.happens(0.5) ? null : 1n + amountMinor / 4n,
    };
  }

  /** So many hundredths of what was held, and a unit. */
  #part({ amountMinor }: Asked, from: number, to: number): bigint {
    return 1n + (amountMinor * BigInt(this.chance.between(from, to))) / 100n;
  }

  #newId(): string {
    return `l${(this.#ids += 1)}`;
  }
}
