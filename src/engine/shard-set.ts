import { ShardUnavailableError } from '../shards/faults';
import type { Shard } from '../shards/shard';
import { type LaneEnvironment, ShardLanes } from './shard-lanes';
import { withinMs } from './within-ms';

/** The shards of this installation, with their lanes. Some may be added while it runs; only one that nothing was ever placed on leaves. */
export class ShardSet {
  readonly #lanes = new Map<string, ShardLanes>();
  #discover: ((areMissing: () => boolean) => Promise<void>) | undefined;

  constructor(
    shards: readonly Shard[],
    private readonly parts: LaneEnvironment,
  ) {
    for (const shard of shards) this.add(shard);
  }

  get names(): string[] {
    return [...this.#lanes.keys()];
  }

  get all(): ShardLanes[] {
    return [...this.#lanes.values()];
  }

  has(name: string): boolean {
    return this.#lanes.has(name);
  }

  add(shard: Shard): void {
    if (!this.#lanes.has(shard.name)) this.#lanes.set(shard.name, new ShardLanes(shard, this.parts));
  }

  /** @returns the shard, whose lanes are looked after no more */
  remove(name: string): Shard | undefined {
    const lanes = this.#lanes.get(name);
    this.#lanes.delete(name);
    lanes?.stop();
    return lanes?.shard;
  }

  /**
   * What to do when a placement names a shard that is not here: another instance may have registered it.
   * `areMissing` tells whether any still is.
   */
  discoverWith(discover: (areMissing: () => boolean) => Promise<void>): void {
    this.#discover = discover;
  }

  /** Looks for shards that are not here yet. Those that cannot be found stay unknown; never rejects. */
  async ensure(names: readonly string[]): Promise<void> {
    const areMissing = (): boolean => names.some((name) => !this.has(name));
    if (this.#discover && areMissing()) await this.#discover(areMissing).catch(() => undefined);
  }

  /** @throws ShardUnavailableError when a placement names a shard that this instance was not told of */
  lanes(name: string): ShardLanes {
    const lanes = this.#lanes.get(name);
    if (!lanes) throw new ShardUnavailableError(name, 'it is not configured on this instance');
    return lanes;
  }

  shard(name: string): Shard {
    return this.lanes(name).shard;
  }

  /** What a shard answers, or `ShardUnavailableError` once a time is over; the late answer is dropped. */
  within<T>(msMax: number, shard: string, answer: Promise<T>): Promise<T> {
    return withinMs(this.parts.sleep, { msMax, shard }, answer);
  }

  stop(): void {
    for (const lanes of this.all) lanes.stop();
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.all.map((lanes) => lanes.whenIdle()));
  }
}
