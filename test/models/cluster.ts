import { ShardSet } from '../../src/engine/shard-set';
import type { LaneSettings } from '../../src/engine/lane-settings';
import type { Interference } from '../../src/shards/memory/interference';
import { type GatedShard, gatedShard } from './gated-shard';
import { laneEnvironment } from './lane-environment';
import { NotingObserver } from './noting-observer';
import { TestClock } from './test-clock';

/** Shards in memory under one clock, with their lanes. None holds any rows yet. */
export function cluster(
  names: readonly string[],
  given: {
    readonly interfere?: Readonly<Record<string, Interference>>;
    readonly lanes?: Partial<LaneSettings>;
  } = {},
) {
  const clock = new TestClock();
  const observer = new NotingObserver();
  const made = names.map((name) => {
    const interfere = given.interfere?.[name];
    return gatedShard({ name, clock, funds: [], ...(interfere && { interfere }) });
  });
  const shards = new ShardSet(
    made.map(({ shard }) => shard),
    laneEnvironment(clock, observer, given.lanes),
  );
  const shard = (name: string): GatedShard => named(made, name).shard;
  const database = (name: string) => named(made, name).database;
  return { shards, shard, database, clock, observer };
}

function named<T extends { readonly shard: GatedShard }>(made: readonly T[], name: string): T {
  const found = made.find((each) => each.shard.name === name);
  if (!found) throw new RangeError(`no shard ${name} in this cluster`);
  return found;
}
