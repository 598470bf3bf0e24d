import { LANE_SETTINGS, type LaneSettings } from '../../src/engine/lane-settings';
import type { EngineObserver } from '../../src/engine/observer';
import type { LaneEnvironment } from '../../src/engine/shard-lanes';
import type { TestClock } from './test-clock';

/** What lanes under a test's clock share. */
export function laneEnvironment(
  clock: TestClock,
  observer: EngineObserver,
  settings: Partial<LaneSettings> = {},
): LaneEnvironment {
  return {
    settings: { ...LANE_SETTINGS, ...settings },
    observer,
    now: () => clock.now(),
    turn: () => clock.turn(),
    // Whoever waits for an answer waits until it comes: this clock's time passes as soon as anyone sleeps.
    sleep: () => new Promise(() => undefined),
    later: (ms, run) => clock.later(ms, run),
    newId: () => clock.newId(),
  };
}
