import { Breaker } from '../../src/engine/breaker';
import { Lane } from '../../src/engine/lane';
import { LANE_SETTINGS, type LaneSettings } from '../../src/engine/lane-settings';
import { LoadMix } from '../../src/engine/load-mix';
import type { EngineObserver } from '../../src/engine/observer';
import type { Shard } from '../../src/shards/shard';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';

/** A lane on a real shard, in real time. */
export function realLane(
  shard: Shard,
  observer: EngineObserver,
  { breakMs = LANE_SETTINGS.breakMs, ...settings }: Partial<LaneSettings> = {},
): Lane {
  const breaker = new Breaker({
    breakMs,
    later: REAL_SURROUNDINGS.later,
    probe: () => shard.ping(),
    changed: () => undefined,
  });
  return new Lane({
    ...{
      shard,
      breaker,
      observer,
      mix: new LoadMix(),
      number: 0,
      settings: { ...LANE_SETTINGS, ...settings },
    },
    now: () => REAL_SURROUNDINGS.now(),
    turn: () => REAL_SURROUNDINGS.turn(),
    sleep: (ms) => REAL_SURROUNDINGS.sleep(ms),
    newId: () => REAL_SURROUNDINGS.newId(),
  });
}
