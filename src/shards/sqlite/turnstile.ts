/**
 * Lets one caller through at a time, in the order they came. The next one passes when the one inside leaves; whoever
 * has waited longer than `waitMsMax` gives up.
 */
export class Turnstile {
  readonly #waiting: Waiter[] = [];
  #occupied = false;

  constructor(private readonly waitMsMax: number) {}

  /** Resolves with the function to call when leaving. */
  async enter(): Promise<() => void> {
    if (!this.#occupied) this.#occupied = true;
    else await this.#queue();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#next();
    };
  }

  #queue(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        pass: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(
          Object.assign(new Error(`the writer was not free for ${this.waitMsMax} ms`), {
            code: 'QUEUE_TIMEOUT',
          }),
        );
      }, this.waitMsMax);
      this.#waiting.push(waiter);
    });
  }

  #next(): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.pass();
    else this.#occupied = false;
  }
}

interface Waiter {
  pass(): void;
}
