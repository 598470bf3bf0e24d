import type { Surroundings } from '../shards/surroundings';
import type { EngineObserver } from './observer';

/** A database that has a clock. */
export interface Clocked {
  readonly name: string;
  clockUs(): Promise<number>;
}

/** An answer that took longer says too little about the moment at which the clock was read. */
const ROUND_TRIP_MS_MAX = 500;

export interface ClockWatchParts {
  readonly directory: Clocked;
  readonly shards: () => readonly Clocked[];
  readonly surroundings: Pick<Surroundings, 'now' | 'wallMs'>;
  readonly observer: EngineObserver;
}

/**
 * Measures how far the databases' clocks are from this instance's and from the directory's. Money rests on no clock, but
 * lists of entries are ordered by them, and holds expire by them.
 */
export class ClockWatch {
  constructor(private readonly parts: ClockWatchParts) {}

  /** Never rejects: a database that cannot be asked is reported by those who need it. */
  async look(): Promise<void> {
    const { directory, shards, observer } = this.parts;
    const directoryMs = await this.#skewMs(directory);
    if (directoryMs !== undefined)
      observer.clockSkew({ database: directory.name, against: 'instance', skewMs: directoryMs });
    await Promise.all(
      shards().map(async (shard) => {
        const skewMs = await this.#skewMs(shard);
        if (skewMs === undefined) return;
        observer.clockSkew({ database: shard.name, against: 'instance', skewMs });
        if (directoryMs === undefined) return;
        observer.clockSkew({ database: shard.name, against: 'directory', skewMs: skewMs - directoryMs });
      }),
    );
  }

  /** How far a database's clock is ahead of this instance's, taken at the middle of the round trip. */
  async #skewMs(database: Clocked): Promise<number | undefined> {
    const { surroundings } = this.parts;
    // eslint-disable-next-line no-restricted-properties -- what is measured here is the instance's clock; nothing is decided by it
    const [began, wallMs] = [surroundings.now(), surroundings.wallMs()];
    try {
      const clockUs = await database.clockUs();
      const tookMs = surroundings.now() - began;
      return tookMs > ROUND_TRIP_MS_MAX ? undefined : clockUs / 1_000 - (wallMs + tookMs / 2);
    } catch {
      return undefined;
    }
  }
}
