/** How many requests each operation had, by status. */
export class Tally {
  readonly #counts = new Map<string, Map<number, number>>();
  requests = 0;

  /** @param status 0 for no answer */
  add(where: string, status: number): void {
    const statuses = this.#counts.get(where) ?? new Map<number, number>();
    this.#counts.set(where, statuses.set(status, (statuses.get(status) ?? 0) + 1));
    this.requests += 1;
  }

  statuses(where: string): ReadonlyMap<number, number> {
    return this.#counts.get(where) ?? new Map();
  }

  get all(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries(
      [...this.#counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([where, statuses]) => [where, Object.fromEntries([...statuses].sort(([a], [b]) => a - b))]),
    );
  }

  hasSucceeded(where: string): boolean {
    return [...this.statuses(where).keys()].some((status) => status >= 200 && status < 300);
  }
}
