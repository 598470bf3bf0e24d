import { remember } from '../remember';
import type { Question } from './question';

/** How often and how much one subject may be charged. */
export interface VelocityLimits {
  readonly countPerSecondMax?: number | undefined;
  readonly minorPerMinuteMax?: bigint | undefined;
  /** Counts apart by the value that a charge has under this key of its metadata; by account alone without it. */
  readonly metadataKey?: string | undefined;
}

interface Window {
  count: number;
  minor: bigint;
}

/** Windows that are kept; the one that was begun first is forgotten, and counted from 0 if it comes again. */
const WINDOWS_MAX = 100_000;

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;

/**
 * The built-in rule: so many charges in a second, so much money in a minute. Windows are calendar seconds and minutes of the
 * time at which charges came in, by their shard's clock, so it does not matter how late and in which order they are judged.
 */
export class Velocity {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly limits: VelocityLimits) {}

  /** Counts a charge, unless it is beyond a limit. @returns why it is, if it is */
  judge(question: Question): string | undefined {
    const { countPerSecondMax = Infinity, minorPerMinuteMax } = this.limits;
    const subject = this.#subjectOf(question);
    if (subject === undefined) return undefined;
    const { occurredAtUs, amountMinor } = question;
    const second = this.#window(`s ${Math.floor(occurredAtUs / SECOND_US)} ${subject}`);
    const minute = this.#window(`m ${Math.floor(occurredAtUs / MINUTE_US)} ${subject}`);
    if (second.count >= countPerSecondMax) return `more than ${countPerSecondMax} in a second`;
    if (minorPerMinuteMax !== undefined && minute.minor + amountMinor > minorPerMinuteMax)
      return `more than ${minorPerMinuteMax} in a minute`;
    second.count += 1;
    minute.minor += amountMinor;
    return undefined;
  }

  /** `undefined` for a charge that does not have the key that is counted by. */
  #subjectOf({ accountId, metadata }: Question): string | undefined {
    const { metadataKey } = this.limits;
    if (metadataKey === undefined) return accountId;
    if (metadata === null) return undefined;
    const value = (JSON.parse(metadata) as Readonly<Record<string, string | undefined>>)[metadataKey];
    return value === undefined ? undefined : `${accountId} ${value}`;
  }

  #window(key: string): Window {
    const known = this.#windows.get(key);
    if (known) return known;
    const begun: Window = { count: 0, minor: 0n };
    remember(this.#windows, key, begun, WINDOWS_MAX);
    return begun;
  }
}
