import { Injectable } from '@nestjs/common';
import { remember } from '../engine/remember';
import type { Later } from '../shards/surroundings';

export interface AnonymousSettings {
  /** Requests without a known key that one address may make a second. */
  readonly perSecond: number;
  /** Addresses that are kept apart. */
  readonly addressesMax: number;
  /** Requests that may be held at once, of all addresses. */
  readonly heldMax: number;
}

/** The longest that a request is held. */
export const HELD_MS_MAX = 2_000;
/** Less than the second that supervisors mostly wait for an answer to a probe. */
export const PROBE_HELD_MS_MAX = 750;

/**
 * The part of the longest wait by which those who wait it out come apart: a crowd that came at one moment would otherwise
 * come at one moment again, every two seconds, and hold up everybody else each time.
 */
const SPREAD = 0.25;

/** Twice what is allowed in a second may come at once. */
const BURST_SECONDS = 2;

interface Bucket {
  /** Requests that may pass at once; below zero: requests that are ahead of their time. */
  tokens: number;
  filledAt: number;
}

export interface ThrottleParts {
  readonly settings: AnonymousSettings;
  readonly now: () => number;
  readonly later: Later;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly counted: (result: 'held' | 'refused') => void;
}

/**
 * Slows down callers that have not shown a known key: a token bucket for each address. Beyond its rate a request is held
 * before anything is done for it, so that a crowd of connections, each of which asks again as soon as it is answered, takes
 * little of the processor. Holding costs a timer; refusing at once would make the crowd ask faster.
 *
 * Whoever shows a known key never comes here, whatever its address: behind a proxy everybody has the proxy's.
 */
@Injectable()
export class AnonymousThrottle {
  readonly #buckets = new Map<string, Bucket>();
  #held = 0;

  constructor(private readonly parts: ThrottleParts) {}

  get held(): number {
    return this.#held;
  }

  /**
   * Takes a request's turn: `true` when it may go on at once, else a promise of it. `false` when so many are held already
   * that it should be refused.
   *
   * @param heldMsMax the longest that it may be held
   */
  pass(address: string, heldMsMax = HELD_MS_MAX): boolean | Promise<true> {
    const waitMs = this.#waitMs(address, heldMsMax);
    if (waitMs <= 0) return true;
    const { settings, later, counted } = this.parts;
    if (this.#held >= settings.heldMax) {
      counted('refused');
      return false;
    }
    counted('held');
    this.#held += 1;
    return new Promise((resolve) => {
      later(waitMs, () => {
        this.#held -= 1;
        resolve(true);
      });
    });
  }

  #waitMs(address: string, heldMsMax: number): number {
    const { perSecond, addressesMax } = this.parts.settings;
    const now = this.parts.now();
    const key = networkOf(address);
    const burst = perSecond * BURST_SECONDS;
    let bucket = this.#buckets.get(key);
    if (!bucket) remember(this.#buckets, key, (bucket = { tokens: burst, filledAt: now }), addressesMax);
    const filled = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1_000) * perSecond);
    // No deeper than what is waited for at most, so that an attack that has ended is forgotten soon.
    bucket.tokens = Math.max(filled - 1, (-HELD_MS_MAX / 1_000) * perSecond - 1);
    bucket.filledAt = now;
    const dueMs = (-bucket.tokens / perSecond) * 1_000;
    return dueMs < heldMsMax ? dueMs : heldMsMax * (1 - SPREAD * this.parts.random());
  }
}

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address as it is. Of an IPv6 address its first 64 bits: whoever has one address has all of these. */
export function networkOf(address: string): string {
  const mapped = IPV4_IN_IPV6.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = ''] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const whole = [...groups, ...new Array<string>(8).fill('0')].slice(0, 4);
  return `${whole.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
