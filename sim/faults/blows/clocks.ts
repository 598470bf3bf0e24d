import type { Site } from '../../workload/site';

/** The clock of a database, or of all instances, is set forward or back. */
export function clockJump(site: Site): Promise<void> {
  const { chance } = site;
  // A clock that goes back stands still until its time has come again.
  const ms = chance.happens(0.2) ? chance.between(60_000, 7_200_000) : chance.between(-2_000, 4_000);
  const what = chance.oneOf(['directory', 'instance', ...site.shards]);
  site.note(`the clock of ${what} jumps by ${ms} ms`);
  if (what !== 'instance') site.world.jumpClock(what, ms);
  else for (const instance of site.world.living) instance.wallOffsetMs += ms;
  return Promise.resolve();
}
