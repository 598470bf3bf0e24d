import type { Site } from '../../workload/site';

/** Nothing may depend on the wall clock of an instance, so that it is months off when it jumps. */
const INSTANCE_CLOCK_OFF_MS = 60 * 24 * 3_600_000;

/** The clock of a database, or of all instances, is set forward or back. */
export function clockJump(site: Site): Promise<void> {
  const { chance } = site;
  // A clock that goes back stands still until its time has come again.
  const ms = chance.happens(0.2) ? chance.between(60_000, 7_200_000) : chance.between(-2_000, 4_000);
  const what = chance.oneOf(['directory', 'instance', ...site.shards]);
  site.note(`the clock of ${what} jumps by ${ms} ms`);
  if (what !== 'instance') site.world.jumpClock(what, ms);
  else
    for (const instance of site.world.living) instance.wallOffsetMs = Math.sign(ms) * INSTANCE_CLOCK_OFF_MS;
  return Promise.resolve();
}

/** The clock of a shard is minutes to a day ahead for a while, or behind, and is put right. */
export async function clockPutRight(site: Site): Promise<void> {
  const chance = site.chance.named(`clock put right at ${site.nowMs}`);
  const shard = chance.oneOf(site.shards);
  const ms = chance.oneOf([-30_000, 2_500, 90_000, 86_400_000]);
  site.note(`the clock of ${shard} is ${ms} ms ahead`);
  site.world.coverage.mark('blow clockPutRight');
  site.world.jumpClock(shard, ms);
  await site.sleep(chance.between(100, 3_000));
  site.note(`the clock of ${shard} is put right`);
  site.world.jumpClock(shard, -ms);
}
