import type { Socket } from 'node:net';

/** One direction of a connection: hands bytes on in order, at once or a while later. */
export class SlowLine {
  readonly #late: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(private readonly to: Socket) {}

  /** A chunk never overtakes an earlier one, also where the delay has become shorter. */
  write(chunk: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.#late.length === 0) {
      if (this.to.writable) this.to.write(chunk);
      return;
    }
    this.#late.push({ chunk, dueMs: performance.now() + delayMs });
    this.#schedule();
  }

  /** Ends the connection behind what is still on its way. */
  end(): void {
    this.#ended = true;
    if (this.#late.length === 0) this.to.end();
  }

  #schedule(): void {
    const [next] = this.#late;
    if (!next || this.#timer) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#handOn();
      },
      Math.max(0, next.dueMs - performance.now()),
    );
  }

  #handOn(): void {
    const now = performance.now();
    while (this.#late[0] && this.#late[0].dueMs <= now) {
      const late = this.#late.shift();
      if (late && this.to.writable) this.to.write(late.chunk);
    }
    if (this.#late.length > 0) this.#schedule();
    else if (this.#ended) this.to.end();
  }
}
