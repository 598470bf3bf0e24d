import type { Site } from '../../workload/site';

const SHARE_MAX = 0.3;

/** Another node of a cluster writes the rows of a shard for a while: its transactions are taken away within their trips. */
export async function rowsTaken(site: Site): Promise<void> {
  const { chance, world } = site;
  const database = world.database(oneOnCluster(site));
  site.note(`another node writes the rows of ${database.name}`);
  database.takenAwayShare = chance.next() * SHARE_MAX;
  await site.sleep(chance.between(200, 4_000));
  database.takenAwayShare = 0;
  site.note(`no other node writes the rows of ${database.name}`);
}

/** Another node becomes the writer, while transactions are open on the one that was. */
export function writerChanged(site: Site): Promise<void> {
  const database = site.world.database(oneOnCluster(site));
  site.world.troubled();
  const open = database.changeWriter();
  if (open > 0) site.world.coverage.mark('fault transaction of a writer that is none any more', open);
  site.note(`${database.name} is written through another node, and ${open} transactions were open`);
  return Promise.resolve();
}

function oneOnCluster({ chance, plan }: Site): string {
  return chance.oneOf(plan.cluster?.shards ?? []);
}
