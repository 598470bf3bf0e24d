import type { Broken } from './rule';

/** A change of an account's row in the directory that concerns its level, as the database saw it. */
export interface LevelChange {
  readonly before: string | null;
  readonly after: string | null;
  readonly lowBalanceMinor: bigint | null;
  /** Of a change that is told of: what the account is said to have had, and what is said to have been refused. */
  readonly told:
    | { readonly crossing: string; readonly availableMinor: bigint; readonly refusedMinor: bigint | null }
    | undefined;
}

/**
 * What an account could pay at every instant, and what is told of that. A crossing is true if the account had just so much at an
 * instant since the crossing before: otherwise it is told of a balance that is long gone, or that never was.
 */
export class LevelModel {
  /** Whether money was ever set aside by leases: then what a reading finds is not one instant's. */
  wasLent = false;
  #last = [0n];
  /** Since the last change of the level, and since the one before. */
  #since = new Set([0n]);
  #sinceBefore = new Set<bigint>();
  #lowFound: bigint | undefined;

  /** @param payableMinor what could be spent; nothing, where more is used than may be */
  saw(...payableMinor: readonly bigint[]): void {
    this.#last = payableMinor.map((each) => (each > 0n ? each : 0n));
    for (const each of this.#last) this.#since.add(each);
  }

  /** @returns what is wrong with a change that was just written */
  changed({ before, after, lowBalanceMinor, told }: LevelChange): Broken | undefined {
    const lowFound = this.#lowFound;
    // A fall through both bounds is found by one reading, and told in two steps.
    const known =
      told?.crossing === 'exhausted' && told.availableMinor === lowFound ? this.#sinceBefore : this.#since;
    this.#lowFound = told?.crossing === 'low' ? told.availableMinor : undefined;
    this.#sinceBefore = this.#since;
    this.#since = new Set(this.#last);
    if (before === after && told) return broken(`${told.crossing} is told twice`);
    if (!told) return undefined;
    const { crossing, availableMinor, refusedMinor } = told;
    if (!this.wasLent && !known.has(availableMinor))
      return broken(`${crossing} is told with ${availableMinor}, which the account did not have since`);
    const isLow = lowBalanceMinor !== null && availableMinor <= lowBalanceMinor;
    const isSpent = availableMinor <= 0n || (refusedMinor !== null && refusedMinor > availableMinor);
    const isTrue = {
      low: isLow && refusedMinor === null && before !== 'low' && before !== 'exhausted',
      exhausted: isSpent && before !== 'exhausted',
      replenished:
        !isLow &&
        refusedMinor === null &&
        availableMinor > 0n &&
        (before === 'low' || before === 'exhausted'),
    }[crossing];
    return isTrue === true
      ? undefined
      : broken(`${crossing} is told of ${availableMinor} after ${before ?? 'nothing'}`);
  }
}

/** Nothing has happened for a while: what is told of the account last must be so. */
export function unseenLevel(account: {
  readonly payableMinor: bigint;
  readonly hasPaid: boolean;
  readonly level: string | null;
  readonly lowBalanceMinor: bigint | null;
  readonly shortOfMinor: bigint | null;
}): string | undefined {
  const { payableMinor, hasPaid, level, lowBalanceMinor, shortOfMinor } = account;
  const isLow = lowBalanceMinor !== null && payableMinor <= lowBalanceMinor;
  const isAbove = payableMinor > (lowBalanceMinor ?? (shortOfMinor ?? 1n) - 1n);
  const has = `${payableMinor} of ${lowBalanceMinor ?? 'no bound'}`;
  switch (level) {
    case 'exhausted':
      return isAbove ? `it is exhausted with ${has}` : undefined;
    case 'low':
      return !isLow || payableMinor <= 0n ? `it is low with ${has}` : undefined;
    default:
      return hasPaid && (isLow || payableMinor <= 0n) ? `nobody is told of ${has}` : undefined;
  }
}

function broken(detail: string): Broken {
  return { rule: 'crossingIsTrue', detail };
}
