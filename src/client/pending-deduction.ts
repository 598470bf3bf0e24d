import type { Durability } from './batch-answer';
import type { Expiring } from './deadlines';
import type { EndedBy, HotsplitError } from './errors';
import type { Problem } from './problem';
import { Tries } from './tries';

/** What a deduction that took effect came to. */
export interface DeductionEffect {
  readonly replayed: boolean;
  readonly durability: Durability;
}

/** Who waits for a deduction. Told of one end, once. */
export interface DeductionOwner {
  deducted(deduction: PendingDeduction, effect: DeductionEffect): void;
  failed(deduction: PendingDeduction, error: HotsplitError): void;
}

/** A deduction between the user's call and its end: it waits, is out in a batch, or waits for another try. */
export class PendingDeduction implements Expiring {
  readonly bytes: number;
  readonly tries: Tries;
  isSettled = false;

  /** @param json the item as it is sent, every time the same */
  constructor(
    readonly requestId: string,
    readonly json: string,
    readonly deadlineMs: number,
    private readonly owner: DeductionOwner,
  ) {
    this.bytes = Buffer.byteLength(json);
    this.tries = new Tries(requestId, true);
  }

  deducted(effect: DeductionEffect): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.owner.deducted(this, effect);
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
