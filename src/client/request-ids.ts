import { randomFillSync } from 'node:crypto';

const COUNTER_MAX = 0xfff;
const COUNTER_SEED_MASK = 0x7ff;
const POOL_BYTES = 4_096;
const TAIL_BYTES = 10;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Where the ids take their time and chance from. */
export interface IdSources {
  readonly wallMs: () => number;
  /** Fills all of it with random bytes. */
  readonly fillRandom: (bytes: Uint8Array) => void;
}

const SYSTEM: IdSources = { wallMs: Date.now, fillRandom: randomFillSync };

/**
 * Makes request ids: UUIDv7 (RFC 9562), so that ids made later sort later and new entries lie beside each other in the
 * ledger's index. Within one process each is greater than the one before (method 1: the twelve bits behind the time are
 * a counter that starts anywhere in its lower half); when the clock steps back, or more are made than one millisecond
 * has room for, the time in the id runs ahead of the clock.
 */
export class TimeOrderedIds {
  #ms = 0;
  #counter = COUNTER_MAX;
  /** The hex digits of the time, which hundreds of ids in a row share. */
  #prefix = '';
  readonly #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  constructor(private readonly sources: IdSources = SYSTEM) {}

  next(): string {
    const at = this.#takeRandom();
    const nowMs = Math.floor(this.sources.wallMs());
    if (nowMs > this.#ms) this.#begin(nowMs, at);
    else if (this.#counter === COUNTER_MAX) this.#begin(this.#ms + 1, at);
    else this.#counter += 1;
    const counter = 0x7000 | this.#counter;
    const hex = (n: number): string => HEX[this.#pool[at + n] as number] as string;
    const variant = HEX[0x80 | ((this.#pool[at + 2] as number) & 0x3f)] as string;
    return (
      `${this.#prefix}-${counter.toString(16)}-${variant}${hex(3)}-` +
      hex(4) +
      hex(5) +
      hex(6) +
      hex(7) +
      hex(8) +
      hex(9)
    );
  }

  #begin(ms: number, at: number): void {
    this.#ms = ms;
    this.#counter = (((this.#pool[at] as number) << 8) | (this.#pool[at + 1] as number)) & COUNTER_SEED_MASK;
    const time = ms.toString(16).padStart(12, '0');
    this.#prefix = `${time.slice(0, 8)}-${time.slice(8)}`;
  }

  /** Where in the pool the next unused bytes begin: one call of the generator serves hundreds of ids. */
  #takeRandom(): number {
    if (this.#used + TAIL_BYTES > POOL_BYTES) {
      this.sources.fillRandom(this.#pool);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += TAIL_BYTES;
    return at;
  }
}
