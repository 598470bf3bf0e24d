import type { FlowKind } from './flow';

/** Single requests that come more seldom than this are not slowed down enough for batches to be cut for them. */
const REMEMBERED_MS = 1_000;

/**
 * Whether single requests and large batches come at the same time. Alone, batches are merged into transactions as large as may
 * be. Beside single requests they are taken in small pieces: whoever waits for one answer waits for what is under way before it,
 * on every lane, since all lanes share one event loop.
 */
export class LoadMix {
  #singleAt = -Infinity;
  #bulkAt = -Infinity;

  note(kind: FlowKind, now: number): void {
    if (kind === 'single') this.#singleAt = now;
    else if (kind === 'bulk') this.#bulkAt = now;
  }

  isMixed(now: number): boolean {
    return Math.min(this.#singleAt, this.#bulkAt) >= now - REMEMBERED_MS;
  }
}
