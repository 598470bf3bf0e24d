import type { Blow } from '../workload/plan';
import type { Site } from '../workload/site';
import { clockJump } from './blows/clocks';
import { rowsTaken, writerChanged } from './blows/clusters';
import { badWeather, cutOff, directoryAway, rowsLocked, shardAway, shardEmptied } from './blows/databases';
import { kill, restart, stall } from './blows/instances';

/** What breaks by itself, for a while each time. Whoever breaks something mends it again. */
const BLOWS: Readonly<Record<Blow, (site: Site) => Promise<void>>> = {
  kill,
  stall,
  restart,
  shardAway,
  shardEmptied,
  directoryAway,
  cutOff,
  clockJump,
  badWeather,
  rowsTaken,
  writerChanged,
  rowsLocked,
};

export function strike(site: Site, blow: Blow): Promise<void> {
  site.world.coverage.mark(`blow ${blow}`);
  return BLOWS[blow](site);
}
