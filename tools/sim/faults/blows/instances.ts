import type { LineEnd } from '../../world/instance-world';
import type { Site } from '../../workload/site';

/** One dies, as by `kill -9`, and another takes its place after a while. */
export async function kill(site: Site): Promise<void> {
  const { living } = site.world;
  if (living.length > 0) await killAndReplace(site, site.chance.oneOf(living));
}

export async function killAndReplace(site: Site, victim: LineEnd): Promise<void> {
  site.note(`kill ${victim.name}`);
  victim.kill();
  await site.sleep(site.chance.spanMs(600));
  await site.startInstance();
}

/** One stands still, as by SIGSTOP, and goes on as if nothing had happened. */
export async function stall(site: Site): Promise<void> {
  const { living } = site.world;
  if (living.length === 0) return;
  const victim = site.chance.oneOf(living);
  const ms = site.chance.between(100, 12_000);
  site.note(`stall ${victim.name} for ${ms} ms`);
  victim.stall(ms);
  await site.sleep(ms);
}

/** One is stopped in order, and another takes its place. */
export async function restart(site: Site): Promise<void> {
  const { living } = site.world;
  if (living.length === 0) return;
  const one = site.chance.oneOf(living);
  site.note(`stop ${one.name}`);
  await site.inTime(`the stop of ${one.name}`, one.stop(), undefined);
  await site.startInstance();
}
