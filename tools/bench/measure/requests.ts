const SEQUENCE_DIGITS = 16;

/** Every id is this long, so that a prebuilt HTTP request keeps its length. */
export const REQUEST_ID_PREFIX = 'req-';
export const REQUEST_ID_LENGTH = REQUEST_ID_PREFIX.length + SEQUENCE_DIGITS;

/** Unique and rising with time, as ids from a client's clock are. */
export function requestIdOf(sequence: number): string {
  return REQUEST_ID_PREFIX + sequence.toString().padStart(SEQUENCE_DIGITS, '0');
}

/** 1 to 9, the same for the same request. */
export function amountOf(sequence: number): number {
  return 1 + (sequence % 9);
}

/** Hands out sequence numbers; one for each account that is loaded, through all its measurements. */
export class Sequence {
  #next = 1;

  next(): number {
    return this.#next++;
  }

  /** A stretch of numbers for another process. */
  reserve(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }
}
