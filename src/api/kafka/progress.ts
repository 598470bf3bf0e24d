/** One message that was taken from a partition, or a stretch of it that holds none. */
export interface Taken {
  /** The offset behind it. */
  readonly next: bigint;
  isSettled: boolean;
}

/**
 * How far a partition is settled. Messages are taken in order and settled in any; what may be committed is the offset behind the
 * last message before which everything is settled.
 */
export class Progress {
  /** In the order of their offsets; those before `#first` are settled. */
  #taken: Taken[] = [];
  #first = 0;
  #unsettled = 0;

  /** @param committable where to begin: everything before it is settled */
  constructor(private committableOffset: bigint) {}

  /** Everything before this offset is settled. */
  get committable(): bigint {
    return this.committableOffset;
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  /** Messages that were taken and are not before the committable offset. */
  get span(): number {
    return this.#taken.length - this.#first;
  }

  take(next: bigint): Taken {
    const taken: Taken = { next, isSettled: false };
    this.#taken.push(taken);
    this.#unsettled += 1;
    return taken;
  }

  /** Takes what holds no message: it is settled as soon as all before it is. */
  pass(next: bigint): void {
    this.settle(this.take(next));
  }

  settle(taken: Taken): void {
    if (taken.isSettled) return;
    taken.isSettled = true;
    this.#unsettled -= 1;
    for (let first = this.#taken[this.#first]; first?.isSettled; first = this.#taken[this.#first]) {
      this.committableOffset = first.next;
      this.#first += 1;
    }
    this.#forget();
  }

  /** Cutting the front off for each message would move all the others each time. */
  #forget(): void {
    if (this.#first < 1_024 || this.#first * 2 < this.#taken.length) return;
    this.#taken = this.#taken.slice(this.#first);
    this.#first = 0;
  }
}
