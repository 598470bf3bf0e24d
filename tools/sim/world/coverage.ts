/** How often each rare path was taken. */
export class Coverage {
  readonly #marks = new Map<string, number>();

  mark(name: string, times = 1): void {
    this.#marks.set(name, (this.#marks.get(name) ?? 0) + times);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#marks].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  add(counts: Readonly<Record<string, number>>): void {
    for (const [name, times] of Object.entries(counts)) this.mark(name, times);
  }
}
