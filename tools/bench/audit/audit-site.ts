import type { Acknowledged } from '../measure/tally';
import { HOT_ACCOUNT } from '../stage/runtime';
import type { Site } from '../stage/site';
import { auditRows, type Told } from './audit-rows';
import { readShardRows } from './read-rows';

export const BALANCED = 'balanced';

export interface AuditedAccount extends Told {
  readonly accountId: string;
}

/** Audits a site's hot account once the load is over. @returns `balanced`, or what is not */
export function auditSite(site: Site, deducted: Acknowledged): Promise<string> {
  return auditAccounts(site, [{ accountId: HOT_ACCOUNT, deducted }]);
}

/** Audits several accounts. @param observed what the load itself saw that must not be */
export async function auditAccounts(
  site: Site,
  accounts: readonly AuditedAccount[],
  observed: readonly string[] = [],
): Promise<string> {
  const findings = [...observed];
  for (const { accountId, ...told } of accounts) {
    const shards = await Promise.all(site.shards.map(({ location }) => readShardRows(location, accountId)));
    findings.push(...auditRows(shards, told).map((finding) => `${accountId}: ${finding}`));
  }
  return findings.length === 0 ? BALANCED : findings.join('; ');
}
