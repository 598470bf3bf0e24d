import type { PendingItem } from './pending-item';

/** Items that wait, first come first served. Those that ended meanwhile are passed over. */
export class ItemQueue<Effect> {
  #items: PendingItem<Effect>[] = [];
  #head = 0;

  push(item: PendingItem<Effect>): void {
    this.#items.push(item);
  }

  get isEmpty(): boolean {
    this.#dropSettled();
    return this.#head === this.#items.length;
  }

  /**
   * Takes as many as fit, and at least one if there is any.
   *
   * @param bytesMax of what is sent for them, separators included
   */
  take(itemsMax: number, bytesMax: number): PendingItem<Effect>[] {
    const taken: PendingItem<Effect>[] = [];
    let bytes = 0;
    while (!this.isEmpty && taken.length < itemsMax) {
      const next = this.#items[this.#head] as PendingItem<Effect>;
      bytes += next.bytes + 1;
      if (taken.length > 0 && bytes > bytesMax) break;
      taken.push(next);
      this.#head += 1;
    }
    this.#forgetTaken();
    return taken;
  }

  #dropSettled(): void {
    while (this.#items[this.#head]?.isSettled === true) this.#head += 1;
  }

  /** Only now and then, because it moves what is left. */
  #forgetTaken(): void {
    if (this.#head < this.#items.length / 2) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
