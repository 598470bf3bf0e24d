import type { Acknowledged } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';
import type { Site } from '../stage/site';
import { auditRows } from './audit-rows';
import { readShardRows } from './read-rows';

export const BALANCED = 'balanced';

/** Audits a site's account once the load is over. @returns `balanced`, or what is not */
export async function auditSite(site: Site, told: Acknowledged): Promise<string> {
  const shards = await Promise.all(site.shards.map(({ location }) => readShardRows(location, HOT_ACCOUNT)));
  const findings = auditRows(shards, told);
  return findings.length === 0 ? BALANCED : findings.join('; ');
}
