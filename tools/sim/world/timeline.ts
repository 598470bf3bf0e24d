import type { Dice } from '../../kernel/dice';

/** Whose events they are: those of one that is gone never come, those of one that stalls come when it goes on. */
export interface Owner {
  readonly isGone: boolean;
  readonly stalledUntilMs: number;
}

/** One that neither dies nor stalls: databases, clients, the weather. */
export const EVERLASTING: Owner = { isGone: false, stalledUntilMs: 0 };

interface Event {
  atMs: number;
  /** Decides between events of one moment. */
  readonly lot: number;
  readonly owner: Owner;
  /** Nothing when it was called off. */
  run: (() => void) | undefined;
}

/** Nothing is left that could happen, and what was waited for has not come about: somebody waits for ever. */
export class StandstillError extends Error {
  constructor(atMs: number) {
    super(`nothing is left to happen at ${Math.round(atMs)} ms, and somebody still waits`);
  }
}

/**
 * The one time of a simulated world. An event runs, and everything that follows from it without waiting for another event,
 * before the next one comes; what comes at the same moment comes in an order that chance decides. So the same seed runs the
 * same way, and each seed another.
 */
export class Timeline {
  #nowMs = 1_000;
  #events = 0;
  readonly #heap: Event[] = [];

  constructor(private readonly chance: Dice) {}

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that have run. */
  get events(): number {
    return this.#events;
  }

  /** @returns calls it off */
  after(ms: number, run: () => void, owner: Owner = EVERLASTING): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, ms), lot: this.chance.next(), owner, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  sleep(ms: number, owner: Owner = EVERLASTING, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.after(ms, resolve, owner);
      signal?.addEventListener('abort', () => {
        callOff();
        resolve();
      });
    });
  }

  /** Lets time pass until a promise has settled. Rejects as it does, and with `StandstillError`. */
  async until<T>(awaited: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    awaited.then(settle, settle);
    await new Promise<void>((resolve, reject) => {
      const step = (): void => {
        try {
          while (!settled) {
            const event = this.#pop();
            if (!event) throw new StandstillError(this.#nowMs);
            if (!this.#run(event)) continue;
            afterEverythingElse(step);
            return;
          }
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      afterEverythingElse(step);
    });
    return awaited;
  }

  #run(event: Event): boolean {
    const { run, owner } = event;
    if (!run || owner.isGone) return false;
    if (owner.stalledUntilMs > event.atMs) {
      event.atMs = owner.stalledUntilMs;
      this.#push(event);
      return false;
    }
    this.#nowMs = event.atMs;
    this.#events += 1;
    run();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Event;
      if (!isBefore(event, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[place] = heap[child] as Event;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.lot < b.lot);
}

/**
 * Runs something once all that waits for nothing but promises has run. Node runs every microtask, those that come up
 * meanwhile included, before the next tick that one of them asked for; a turn of the event loop would cost ten times more.
 */
function afterEverythingElse(run: () => void): void {
  queueMicrotask(() => {
    process.nextTick(run);
  });
}
