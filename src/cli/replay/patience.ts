import { NoProgress } from '../faults';
import type { Clock } from '../surroundings';

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 5_000;

/** How long a replay goes on without getting anywhere. One for all that is in flight: any answer is progress. */
export class Patience {
  #progressedAtMs: number;
  #retries = 0;

  constructor(
    private readonly options: {
      readonly patienceMs: number;
      readonly clock: Clock;
      readonly random: () => number;
      readonly stop: AbortSignal;
      readonly onWait: (reason: string) => void;
    },
  ) {
    this.#progressedAtMs = options.clock.nowMs();
  }

  /** How many times something was tried again. */
  get retries(): number {
    return this.#retries;
  }

  progressed(): void {
    this.#progressedAtMs = this.options.clock.nowMs();
  }

  /**
   * Waits before another try: twice as long each time, of which a random half, so that those who failed together do not
   * come back together; and never less than the service asked for.
   *
   * @throws NoProgress when there has been no progress for too long
   */
  async wait(failure: {
    readonly attempt: number;
    readonly reason: string;
    readonly retryAfterMs?: number | undefined;
  }): Promise<void> {
    const { patienceMs, clock, random, stop, onWait } = this.options;
    stop.throwIfAborted();
    const patienceLeftMs = this.#progressedAtMs + patienceMs - clock.nowMs();
    if (patienceLeftMs <= 0) throw this.#gaveUp(failure.reason);
    const fullMs = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** failure.attempt);
    const waitMs = Math.max(fullMs / 2 + (random() * fullMs) / 2, failure.retryAfterMs ?? 0);
    onWait(failure.reason);
    this.#retries += 1;
    // The last try comes at the very end of the patience rather than not at all.
    await clock.pause(Math.min(waitMs, patienceLeftMs), stop);
  }

  #gaveUp(reason: string): NoProgress {
    return new NoProgress(
      `no progress for ${this.options.patienceMs / 1000} s: ${reason}. What was answered is safe; when the service ` +
        'is back, run the same command again: it goes on from here, and nothing is deducted twice',
    );
  }
}
