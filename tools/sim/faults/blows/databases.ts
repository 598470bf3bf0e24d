import type { LineEnd } from '../../world/instance-world';
import type { Site } from '../../workload/site';
import { someHazards } from '../weather';

export async function shardAway(site: Site): Promise<void> {
  await away(site, anyShard(site));
}

export async function directoryAway(site: Site): Promise<void> {
  await away(site, 'directory');
}

/** An empty database stands at a shard's address for a while: a wrong address, a volume that was not mounted. */
export async function shardEmptied(site: Site): Promise<void> {
  const name = anyShard(site);
  if (site.world.isEmptied(name)) return;
  site.note(`${name} is an empty database`);
  site.world.emptied(name);
  await site.sleep(site.chance.between(50, 4_000));
  site.note(`${name} is itself again`);
  site.world.restored(name);
}

/** Nobody reaches a database for a while; what was not committed there is rolled back. */
async function away(site: Site, name: string): Promise<void> {
  site.note(`${name} goes away`);
  site.world.takeAway(name);
  await site.sleep(site.chance.between(50, 5_000));
  site.note(`${name} is back`);
  site.world.bringBack(name);
}

/** One instance does not reach a database for a while, and the others do. */
export async function cutOff(site: Site): Promise<void> {
  const { living } = site.world;
  if (living.length === 0) return;
  const name = site.chance.happens(0.2) ? 'directory' : anyShard(site);
  await cutOffFor(site, site.chance.oneOf(living), { name, ms: site.chance.between(50, 6_000) });
}

export async function cutOffFor(
  site: Site,
  one: LineEnd,
  { name, ms }: { readonly name: string; readonly ms: number },
): Promise<void> {
  site.note(`${one.name} is cut off from ${name} for ${ms} ms`);
  one.cutOff(name, true);
  await site.sleep(ms);
  one.cutOff(name, false);
}

/** Much goes wrong on the way to some of the databases. */
export async function badWeather(site: Site): Promise<void> {
  const { chance } = site;
  for (const name of ['directory', ...site.shards])
    if (chance.happens(0.6)) site.world.setHazards(name, someHazards(chance));
  await site.sleep(chance.between(200, 5_000));
  site.world.calmDown();
}

/** Somebody else's transaction holds some of an account's rows on one shard, for longer or shorter than anybody waits. */
export async function rowsLocked(site: Site): Promise<void> {
  const { chance, world } = site;
  const name = anyShard(site);
  const { accountId } = chance.oneOf(site.accounts);
  const rows = chance.happens(0.5) ? chance.between(1, 3) : Infinity;
  const ms = chance.between(200, 14_000);
  const database = world.database(name);
  const somebody = {};
  site.note(`${name} has rows of ${accountId} locked for ${ms} ms`);
  await database
    .lockRows(database.begin(somebody), accountId, (index) => index < rows)
    .catch(() => world.coverage.mark('blow rows locked in vain'));
  await site.sleep(ms);
  site.note(`${name} has rows of ${accountId} free again`);
  database.disconnect(somebody);
}

export function anyShard(site: Site): string {
  return site.chance.oneOf(site.shards);
}
