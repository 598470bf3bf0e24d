import type { Expiring } from './deadlines';
import type { EndedBy, HotsplitError } from './errors';
import type { Problem } from './problem';
import { Tries } from './tries';

/** Who waits for an item. Told of one end, once. */
export interface ItemOwner<Effect> {
  succeeded(item: PendingItem<Effect>, effect: Effect): void;
  failed(item: PendingItem<Effect>, error: HotsplitError): void;
}

/** A request that travels in batches, between the user's call and its end: it waits, is out in a batch, or waits for another try. */
export class PendingItem<Effect> implements Expiring {
  readonly bytes: number;
  readonly tries: Tries;
  isSettled = false;

  /**
   * @param requestId by which its result is found in an answer
   * @param json the item as it is sent, every time the same
   * @param repeatedBy the id with which its user sends it again
   */
  constructor(
    readonly requestId: string,
    readonly json: string,
    readonly deadlineMs: number,
    private readonly owner: ItemOwner<Effect>,
    readonly repeatedBy = requestId,
  ) {
    this.bytes = Buffer.byteLength(json);
    this.tries = new Tries(repeatedBy, true);
  }

  succeeded(effect: Effect): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.owner.succeeded(this, effect);
  }

  refused(problem: Problem): void {
    if (!this.isSettled) this.#fail(this.tries.refusal(problem));
  }

  expire(): void {
    this.end('DEADLINE_EXCEEDED');
  }

  end(by: EndedBy, cause?: unknown): void {
    if (!this.isSettled) this.#fail(this.tries.ended(by, cause));
  }

  #fail(error: HotsplitError): void {
    this.isSettled = true;
    this.owner.failed(this, error);
  }
}
