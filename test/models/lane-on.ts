import { Breaker } from '../../src/engine/breaker';
import type { LaneOutcome } from '../../src/engine/engine-outcome';
import { Lane } from '../../src/engine/lane';
import type { LaneSettings } from '../../src/engine/lane-settings';
import { deduct } from './commands';
import { gatedShard } from './gated-shard';
import { LoadMix } from '../../src/engine/load-mix';
import { NotingObserver } from './noting-observer';
import { ScriptedFaults } from './scripted-faults';

/** A lane on a shard in memory; `submit` takes 1 from a sub-account of "acme" that has it. */
export function laneOn(
  settings: Partial<LaneSettings> = {},
  faults = new ScriptedFaults(),
  turn = (): Promise<void> => Promise.resolve(),
) {
  const { shard, clock } = gatedShard({ interfere: faults.interfere });
  const observer = new NotingObserver();
  const now = (): number => clock.now();
  const complete = { batchCommandsMax: 100, depthMax: 1_000, waitMsMax: 10_000, breakMs: 500, ...settings };
  const changed = (up: boolean): void => {
    observer.shardState('s0', up);
  };
  const breaker = new Breaker({
    breakMs: complete.breakMs,
    later: (ms, run) => clock.later(ms, run),
    probe: () => shard.ping(),
    changed,
  });
  const lane = new Lane({
    shard,
    number: 3,
    settings: complete,
    breaker,
    observer,
    mix: new LoadMix(),
    now,
    newId: () => clock.newId(),
    sleep: () => new Promise(() => undefined),
    turn,
  });
  const submit = (requestId: string): Promise<LaneOutcome> =>
    lane.submit(deduct({ requestId, amountMinor: 1n }));
  return { lane, shard, clock, observer, breaker, submit };
}
