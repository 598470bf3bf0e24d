/**
 * Finds refusals that cannot have been right, while many calls are under way.
 *
 * All that can have left the account by now is what calls that were paid took and what calls still under way may have
 * taken. Calls that were refused took nothing. So if at the end of a call even that leaves its amount, then the account
 * had it at every instant of the call, and refusing was wrong. No refusal that was right is ever counted; one that was
 * wrong may escape while much is under way.
 */
export class RefusalWatch {
  #takenMost = 0;
  #wrong = 0;

  constructor(private readonly openingMinor: number) {}

  began(amountMinor: number): void {
    this.#takenMost += amountMinor;
  }

  refused(amountMinor: number): void {
    this.tookNothing(amountMinor);
    if (this.openingMinor - this.#takenMost >= amountMinor) this.#wrong += 1;
  }

  /** The call ended for another reason, and it is known that nothing was done. */
  tookNothing(amountMinor: number): void {
    this.#takenMost -= amountMinor;
  }

  get wrong(): number {
    return this.#wrong;
  }
}
