/** What is known of one of the accounts that were named most. */
export interface Frequent {
  /** At most as often as it was named, and at least so often less `missed`. */
  count: number;
  /** Seconds of lanes, or of transactions of its own, that its commands have taken. */
  busySeconds: number;
  refused: number;
}

/**
 * Counts what is named most, in bounded memory: the algorithm of Misra and Gries, pruned in batches, whose counts fade.
 *
 * Twice as many accounts as are asked for are counted exactly. When one more is named, the count in the middle is taken off all of
 * them, and those that have nothing left are forgotten. So an account that was named more than `total / size` times is among
 * those that remain, whatever else was named in whatever order, and a count is short by `missed` at most, which
 * is `total / size` at most. Pruning costs a pass for every `size` new names: constant work for each name.
 */
export class FrequentAccounts {
  readonly #counted = new Map<string, Frequent>();
  #missed = 0;
  #total = 0;

  constructor(private readonly size: number) {}

  /** @param times more than 0 */
  add(accountId: string, times: number, busySeconds: number): void {
    this.#total += times;
    const known = this.#counted.get(accountId);
    if (known === undefined) {
      this.#insert(accountId, { count: times, busySeconds, refused: 0 });
      return;
    }
    known.count += times;
    known.busySeconds += busySeconds;
  }

  /** A request for this account was turned away. Only those that are counted have refusals. */
  refuse(accountId: string, times: number): void {
    const known = this.#counted.get(accountId);
    if (known === undefined) this.#insert(accountId, { count: 0, busySeconds: 0, refused: times });
    else known.refused += times;
  }

  /** All that was named, faded like the counts. */
  get total(): number {
    return this.#total;
  }

  /** No count is short by more. */
  get missed(): number {
    return this.#missed;
  }

  /** The accounts that were named most, the first the most often. */
  top(length: number): (Frequent & { readonly accountId: string })[] {
    return [...this.#counted]
      .map(([accountId, counted]) => ({ accountId, ...counted }))
      .sort((a, b) => b.count - a.count || (a.accountId < b.accountId ? -1 : 1))
      .slice(0, length);
  }

  /** Lets what was counted up to now weigh less. @param factor from 0 (forgets everything) to 1 */
  fade(factor: number): void {
    this.#total *= factor;
    this.#missed *= factor;
    let forgotten = 0;
    for (const [accountId, counted] of this.#counted) {
      counted.count *= factor;
      counted.busySeconds *= factor;
      counted.refused *= factor;
      if (counted.count + counted.refused >= FORGOTTEN) continue;
      this.#counted.delete(accountId);
      forgotten = Math.max(forgotten, counted.count);
    }
    // What little they had is missed, should they be named again.
    this.#missed += forgotten;
  }

  #insert(accountId: string, counted: Frequent): void {
    this.#counted.set(accountId, counted);
    if (this.#counted.size > 2 * this.size) this.#prune();
  }

  /** Leaves `size` accounts at most. What is taken off the others is what a count may be short by. */
  #prune(): void {
    const counts = Float64Array.from(this.#counted.values(), ({ count }) => count).sort();
    const taken = counts[counts.length - 1 - this.size] ?? 0;
    this.#missed += taken;
    for (const [accountId, counted] of this.#counted) {
      const left = counted.count - taken;
      if (left <= 0) {
        this.#counted.delete(accountId);
        continue;
      }
      counted.busySeconds *= left / counted.count;
      counted.count = left;
    }
  }
}

/** Less than this was named too long ago to matter. */
const FORGOTTEN = 0.01;
