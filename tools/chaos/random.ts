/** Chance from a seed: the same seed, the same sequence. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Another sequence that depends on this one's seed only, not on how far this one is. */
  static of(seed: number, purpose: string): Dice {
    let hash = 2_166_136_261 ^ seed;
    for (const character of purpose) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
    return new Dice(hash);
  }

  /** Uniform in [0, 1) (mulberry32). */
  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.number() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.number() < share;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('there is nothing to pick from');
    return items[Math.floor(this.number() * items.length)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items];
    const shuffled: T[] = [];
    while (rest.length > 0) shuffled.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return shuffled;
  }
}
