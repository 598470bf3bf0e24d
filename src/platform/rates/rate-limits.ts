import { remember } from '../../engine/remember';
import type { Surroundings } from '../../shards/surroundings';
import { Rate, type Taken } from './gcra';
import type { Granted, RedisRateStore } from './redis-rate-store';

/** What is counted for a key. */
export type Counted = 'requests' | 'deductions';

/** Holders whose rates are remembered; one that is forgotten may come once more at full burst. */
const HOLDERS_MAX = 20_000;
/** An instance takes what comes in so long from the common rate at a time, and what of it is not used by then is given up. */
const AHEAD_MS = 50;
const KEPT_MS = 500;
/** Where nothing was left, nobody is asked for so long: by then there is more than one to be had. */
const EMPTY_MS_MIN = 20;
/** After Redis could not be asked, each instance keeps the whole rate by itself for so long. */
const ALONE_MS = 1_000;

export interface RateLimitParts {
  readonly surroundings: Pick<Surroundings, 'now'>;
  /** Where instances keep rates together; without it each keeps them by itself. */
  readonly shared?: Pick<RedisRateStore, 'take'> | undefined;
}

/**
 * How often keys may come. With Redis, instances share each rate: every one takes a little of it ahead, so that most requests ask
 * nobody. Without it, or while it is away, each instance keeps the whole rate by itself.
 */
export class RateLimits {
  readonly #local = new Map<string, Rate>();
  readonly #common = new Map<string, Common>();
  #aloneUntil = -Infinity;

  constructor(private readonly parts: RateLimitParts) {}

  /** Takes `count` of a key's rate: at once wherever nobody has to be asked. */
  take(keyId: string, counted: Counted, perSecond: number, count: number): Taken | Promise<Taken> {
    const { shared, surroundings } = this.parts;
    const holder = `${counted}:${keyId}`;
    const now = surroundings.now();
    if (!shared || now < this.#aloneUntil) return this.#alone(holder, perSecond, count);
    let common = this.#common.get(holder);
    if (!common) remember(this.#common, holder, (common = new Common()), HOLDERS_MAX);
    return (
      common.known(count, now) ??
      common.inTurn(
        async () =>
          common.known(count, surroundings.now()) ?? this.#ask(common, { holder, perSecond, count }),
      )
    );
  }

  #alone(holder: string, perSecond: number, count: number): Taken {
    let rate = this.#local.get(holder);
    if (!rate) remember(this.#local, holder, (rate = new Rate(perSecond)), HOLDERS_MAX);
    rate.perSecond = perSecond;
    return rate.take(count, this.parts.surroundings.now());
  }

  async #ask(
    common: Common,
    { holder, perSecond, count }: { holder: string; perSecond: number; count: number },
  ): Promise<Taken> {
    const ahead = Math.floor((perSecond * AHEAD_MS) / 1_000);
    const granted = await this.parts.shared?.take(holder, perSecond, { need: count, want: count + ahead });
    const now = this.parts.surroundings.now();
    if (!granted) {
      this.#aloneUntil = now + ALONE_MS;
      return this.#alone(holder, perSecond, count);
    }
    if (granted.count === 0) return common.empty(granted.waitMs, now);
    common.keep(granted.count - count, granted, now);
    const left = granted.left + granted.count - count;
    return { allowed: true, left, waitMs: left > 0 ? 0 : granted.waitMs };
  }
}

/** What an instance has taken ahead of a rate that all share. */
class Common {
  #spare = 0;
  #left = 0;
  #keptUntil = -Infinity;
  /** Until then nobody has anything: whoever asks more need not be asked. */
  #emptyUntil = -Infinity;
  #last: Promise<unknown> = Promise.resolve();

  /** What can be said without asking. */
  known(count: number, now: number): Taken | undefined {
    if (now <= this.#keptUntil && this.#spare >= count) {
      this.#spare -= count;
      const left = this.#left + this.#spare;
      return { allowed: true, left, waitMs: left > 0 ? 0 : Math.max(0, Math.ceil(this.#emptyUntil - now)) };
    }
    if (now >= this.#emptyUntil) return undefined;
    return { allowed: false, left: 0, waitMs: Math.ceil(this.#emptyUntil - now) };
  }

  keep(spare: number, { left, waitMs }: Pick<Granted, 'left' | 'waitMs'>, now: number): void {
    this.#spare = spare;
    this.#left = left;
    this.#keptUntil = now + KEPT_MS;
    if (left === 0) this.#emptyUntil = now + Math.max(waitMs, EMPTY_MS_MIN);
  }

  empty(waitMs: number, now: number): Taken {
    this.#emptyUntil = now + Math.max(waitMs, EMPTY_MS_MIN);
    return { allowed: false, left: 0, waitMs };
  }

  /** One after another: what the first takes ahead may be enough for the rest. */
  inTurn(ask: () => Promise<Taken>): Promise<Taken> {
    const asked = this.#last.then(ask);
    this.#last = asked.catch(() => undefined);
    return asked;
  }
}
