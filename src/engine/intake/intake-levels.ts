import type { EngineObserver } from '../observer';
import type { ShardSet } from '../shard-set';
import type { IntakeSettings } from './intake-settings';

/** A counting takes no more than this part of the time. */
const COUNTING_SHARE = 0.1;

interface Level {
  waiting: number;
  /** Not before this is it counted again. */
  nextAt: number;
}

export interface LevelParts {
  readonly shards: ShardSet;
  readonly observer: EngineObserver;
  readonly now: () => number;
  readonly settings: IntakeSettings;
}

/**
 * How much waits in the intake of each shard: counted now and then, and between two countings by what comes and goes here. Several
 * instances may each receive a little beyond the bound before they have counted again.
 */
export class IntakeLevels {
  readonly #levels = new Map<string, Level>();

  constructor(private readonly parts: LevelParts) {}

  isFull(shard: string): boolean {
    return this.#of(shard).waiting >= this.parts.settings.recordsMax;
  }

  /** @param change of what waits */
  note(shard: string, change: 1 | -1): void {
    const level = this.#of(shard);
    level.waiting = Math.max(0, level.waiting + change);
  }

  /** Counts what waits; never rejects. */
  async count(): Promise<void> {
    await Promise.all(this.parts.shards.names.map((shard) => this.#countOn(shard)));
  }

  async #countOn(shard: string): Promise<void> {
    const { shards, observer, now, settings } = this.parts;
    const level = this.#of(shard);
    const began = now();
    if (began < level.nextAt || shards.lanes(shard).isDown) return;
    try {
      const { waiting, oldestUs } = await shards.shard(shard).intakeDepth({ countMax: settings.recordsMax });
      level.waiting = waiting;
      const isFull = waiting >= settings.recordsMax;
      observer.intakeLevel({ shard, waiting, oldestMs: oldestUs / 1_000, isFull });
    } catch (error) {
      observer.deferred(`counting the intake of ${shard}`, error);
    }
    level.nextAt = began + (now() - began) / COUNTING_SHARE;
  }

  #of(shard: string): Level {
    let level = this.#levels.get(shard);
    if (!level) this.#levels.set(shard, (level = { waiting: 0, nextAt: 0 }));
    return level;
  }
}
