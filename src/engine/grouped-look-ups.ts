/** Bounds of grouped look-ups. */
export interface LookUpBounds {
  /** Keys in one statement. */
  readonly groupMax: number;
  /** Statements under way at once. */
  readonly groupsAtOnceMax: number;
  /** Keys that may wait for a statement. */
  readonly waitingMax: number;
  /** A key that has waited for longer when its turn comes is refused without being asked for. */
  readonly waitMsMax: number;
}

export interface LookUpParts<Found> {
  /** What there is of these keys, by key. */
  readonly ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>;
  /** The error for a key that too many others wait before. */
  readonly overloaded: (detail: string) => Error;
  readonly now: () => number;
  /** Lets the event loop take in what has arrived. */
  readonly turn: () => Promise<void>;
}

interface Waiting<Found> {
  readonly key: string;
  readonly since: number;
  readonly promise: Promise<Found | undefined>;
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks keys up in groups: one statement for all that wait, a few statements at once. A thousand keys that nobody has asked
 * for yet then cost a few statements and not a thousand, and can neither take every session of the database nor grow a
 * queue without end.
 *
 * A statement begins after every caller that it answers has asked. Whoever asks for a key whose statement is under way
 * waits for the next one.
 */
export class GroupedLookUps<Found> {
  readonly #waiting = new Map<string, Waiting<Found>>();
  #runners = 0;

  constructor(
    private readonly bounds: LookUpBounds,
    private readonly parts: LookUpParts<Found>,
  ) {}

  /** Keys that wait for a statement. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects as `ask` does, and with what `overloaded` makes when too many wait. */
  find(key: string): Promise<Found | undefined> {
    const known = this.#waiting.get(key);
    if (known) return known.promise;
    if (this.#waiting.size >= this.bounds.waitingMax)
      return Promise.reject(this.parts.overloaded('too many look-ups wait'));
    const { promise, resolve, reject } = Promise.withResolvers<Found | undefined>();
    this.#waiting.set(key, { key, since: this.parts.now(), promise, resolve, reject });
    if (this.#runners < this.bounds.groupsAtOnceMax) {
      this.#runners += 1;
      void this.#run();
    }
    return promise;
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.parts.turn();
      const group = this.#take();
      if (group.length === 0) break;
      await this.#answer(group);
    }
    this.#runners -= 1;
  }

  async #answer(group: readonly Waiting<Found>[]): Promise<void> {
    try {
      const found = await this.parts.ask(group.map(({ key }) => key));
      for (const { key, resolve } of group) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Those who have waited longest, without those who have waited too long. */
  #take(): Waiting<Found>[] {
    const { groupMax, waitMsMax } = this.bounds;
    const oldest = this.parts.now() - waitMsMax;
    const group: Waiting<Found>[] = [];
    for (const waiting of this.#waiting.values()) {
      if (group.length === groupMax) break;
      this.#waiting.delete(waiting.key);
      if (waiting.since >= oldest) group.push(waiting);
      else waiting.reject(this.parts.overloaded('a look-up has waited too long'));
    }
    return group;
  }
}
