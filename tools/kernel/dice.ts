import * as CRC32 from 'crc-32';

/** Chance from a seed: the same seed gives the same numbers. Mulberry32, small and good enough to mix the order of things. */
export class Dice {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Dice whose numbers start from one draw of these: what is drawn elsewhere later does not disturb them. */
  fork(): Dice {
    return new Dice(Math.floor(this.next() * 2 ** 32));
  }

  /** Dice that follow from the seed and a name alone, however much was drawn before; no other draw is disturbed. */
  named(name: string): Dice {
    return new Dice(CRC32.str(name, this.#seed)).fork();
  }

  /** Whether something of a probability in [0, 1] happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** An integer in [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  oneOf<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('nothing to choose from');
    return choices[this.between(0, choices.length - 1)] as T;
  }

  /** One of the names, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new RangeError('no weight is positive');
  }

  /** `count` different ones of the given, in a random order. */
  some<T>(choices: readonly T[], count: number): T[] {
    const left = [...choices];
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0)
      chosen.push(...left.splice(this.between(0, left.length - 1), 1));
    return chosen;
  }

  shuffled<T>(choices: readonly T[]): T[] {
    return this.some(choices, choices.length);
  }

  /** Milliseconds, mostly short and sometimes long: exponential around a mean. */
  spanMs(meanMs: number): number {
    return -Math.log(1 - this.next()) * meanMs;
  }
}
