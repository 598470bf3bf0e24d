/** Bounds how much is written by flushes at once on one shard; they wait in the order of coming. */
export class FlushGate {
  #inside = 0;
  readonly #waiting: { readonly weight: number; readonly enter: () => void }[] = [];

  constructor(private readonly weightMax: number) {}

  /** @returns how to leave again */
  async enter(weight: number): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#hasRoomFor(weight))
      await new Promise<void>((enter) => this.#waiting.push({ weight, enter }));
    else this.#inside += weight;
    return () => {
      this.#leave(weight);
    };
  }

  #leave(weight: number): void {
    this.#inside -= weight;
    for (let [first] = this.#waiting; first && this.#hasRoomFor(first.weight); [first] = this.#waiting) {
      this.#waiting.shift();
      this.#inside += first.weight;
      first.enter();
    }
  }

  #hasRoomFor(weight: number): boolean {
    return this.#inside === 0 || this.#inside + weight <= this.weightMax;
  }
}
