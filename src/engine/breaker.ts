import type { Later } from '../shards/surroundings';

export interface BreakerParts {
  /** How long a shard that could not be reached is left alone before it is asked again. */
  readonly breakMs: number;
  readonly later: Later;
  /** Resolves when the shard answers; rejects, within a bounded time, when it does not. */
  readonly probe: () => Promise<unknown>;
  readonly changed: (up: boolean) => void;
}

/**
 * Keeps requests from queueing up behind a database that is gone: after a failure to reach it, everything is turned away
 * at once, until it answers a probe. The probe is nobody's request and is sent whether anybody asks or not, so a shard
 * that is back is known to be, and the first request behind its return is served like any other.
 */
export class Breaker {
  #isOpen = false;
  #isForWantOfRoom = false;
  #stopped = false;
  #callOff: (() => void) | undefined;

  constructor(private readonly parts: BreakerParts) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Open since a write found no room. */
  get isForWantOfRoom(): boolean {
    return this.#isOpen && this.#isForWantOfRoom;
  }

  /** The shard answered. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#callOff?.();
    this.parts.changed(true);
  }

  /** The shard could not be reached, or has no room for what was to be written. */
  open({ isForWantOfRoom = false } = {}): void {
    this.#isForWantOfRoom = isForWantOfRoom;
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.parts.changed(false);
    this.#probeLater();
  }

  /** No probe is sent any more. */
  stop(): void {
    this.#stopped = true;
    this.#callOff?.();
  }

  #probeLater(): void {
    if (this.#stopped) return;
    this.#callOff = this.parts.later(this.parts.breakMs, () => {
      this.parts.probe().then(
        () => {
          this.close();
        },
        () => {
          if (this.#isOpen) this.#probeLater();
        },
      );
    });
  }
}
