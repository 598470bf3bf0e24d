import type { Surroundings } from '../../shards/surroundings';

/** An answer that took longer says too little about the moment at which the clock was read. */
const ROUND_TRIP_MS_MAX = 500;

const REFRESH_MS = 60_000;

/**
 * The directory's clock, as an instance knows it between two looks. It decides in which period something is charged, and nothing
 * about how much: instances that differ by a moment charge two periods, each within its limit.
 */
export class DirectoryTime {
  #aheadUs: number | undefined;
  #lookedAt = -Infinity;
  #looking: Promise<number> | undefined;

  constructor(
    private readonly directory: { nowUs(): Promise<number> },
    private readonly surroundings: Pick<Surroundings, 'now'>,
  ) {}

  /** Microseconds since 1970. Rejects with `DirectoryUnavailableError` before the first look. */
  nowUs(): number | Promise<number> {
    const now = this.surroundings.now();
    if (this.#aheadUs === undefined) return this.#look();
    if (now - this.#lookedAt > REFRESH_MS) {
      this.#lookedAt = now;
      this.#look().catch(() => undefined);
    }
    return Math.floor(now * 1_000 + this.#aheadUs);
  }

  #look(): Promise<number> {
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read(): Promise<number> {
    const began = this.surroundings.now();
    const nowUs = await this.directory.nowUs();
    const ended = this.surroundings.now();
    if (ended - began <= ROUND_TRIP_MS_MAX || this.#aheadUs === undefined) {
      this.#aheadUs = nowUs - ((began + ended) / 2) * 1_000;
      this.#lookedAt = ended;
    }
    return nowUs;
  }
}
