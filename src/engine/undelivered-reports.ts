import type { EngineObserver, Undelivered } from './observer';

/** Reports what waits between two shards: that nothing does only once, after something did. */
export class UndeliveredReports {
  /** Pairs of which something was reported that is not over. */
  readonly #open = new Set<string>();

  constructor(private readonly observer: Pick<EngineObserver, 'undelivered'>) {}

  report(found: Undelivered): void {
    const pair = `${found.fromShard} ${found.toShard}`;
    if (found.count === 0 && !this.#open.has(pair)) return;
    if (found.count > 0) this.#open.add(pair);
    else this.#open.delete(pair);
    this.observer.undelivered(found);
  }
}
