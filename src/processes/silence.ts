/**
 * How often in a row each worker was asked whether it is there, and has not answered. Counted in questions and not by a
 * clock: a primary that was itself stopped for a while, or starved, has asked nothing meanwhile and suspects nobody.
 */
export class Silence {
  readonly #unanswered = new Map<number, number>();

  /** @returns how many questions were without an answer before this one */
  ask(id: number): number {
    const before = this.#unanswered.get(id) ?? 0;
    this.#unanswered.set(id, before + 1);
    return before;
  }

  /** Whatever it says, it is there. */
  hear(id: number): void {
    this.#unanswered.set(id, 0);
  }

  forget(id: number): void {
    this.#unanswered.delete(id);
  }
}
