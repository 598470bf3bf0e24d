import { ShardUnavailableError } from '../shards/faults';
import type { Shard } from '../shards/shard';
import { type LaneEnvironment, ShardLanes } from './shard-lanes';

/** The shards of this installation, with their lanes. */
export class ShardSet {
  readonly #lanes: ReadonlyMap<string, ShardLanes>;

  constructor(shards: readonly Shard[], parts: LaneEnvironment) {
    this.#lanes = new Map(shards.map((shard) => [shard.name, new ShardLanes(shard, parts)]));
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

  /** @throws ShardUnavailableError when a placement names a shard that this instance was not told of */
  lanes(name: string): ShardLanes {
    const lanes = this.#lanes.get(name);
    if (!lanes) throw new ShardUnavailableError(name, 'it is not configured on this instance');
    return lanes;
  }

  shard(name: string): Shard {
    return this.lanes(name).shard;
  }

  async whenIdle(): Promise<void> {
    await Promise.all(this.all.map((lanes) => lanes.whenIdle()));
  }
}
