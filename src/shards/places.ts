import type { Later } from './surroundings';

/**
 * A number of places, taken in the order of coming. Both the number of those who wait and their time are bounded, so that
 * a crowd is told soon instead of queueing without end.
 */
export class Places {
  readonly #waiting: Waiter[] = [];
  #free: number;

  constructor(
    private readonly bounds: PlacesBounds,
    private readonly later: Later,
  ) {
    this.#free = bounds.places;
  }

  /** @returns the function to call when leaving; `undefined` when too many wait, or when it took too long */
  async enter(): Promise<(() => void) | undefined> {
    if (this.#free > 0) this.#free -= 1;
    else if (this.#waiting.length >= this.bounds.waitingMax || !(await this.#queue())) return undefined;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#next();
    };
  }

  #queue(): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        pass: () => {
          callOff();
          resolve(true);
        },
      };
      const callOff = this.later(this.bounds.waitMsMax, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(false);
      });
      this.#waiting.push(waiter);
    });
  }

  #next(): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.pass();
    else this.#free += 1;
  }
}

export interface PlacesBounds {
  readonly places: number;
  readonly waitingMax: number;
  readonly waitMsMax: number;
}

interface Waiter {
  pass(): void;
}
