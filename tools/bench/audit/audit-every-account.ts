import type { Site } from '../stage/site';
import { auditRows, type Told } from './audit-rows';
import { BALANCED } from './audit-site';
import { readShardAccounts } from './read-rows';

const FINDINGS_SHOWN = 5;

/** Audits all accounts of a quiet site at once, a few statements for each shard. @returns `balanced`, or what is not */
export async function auditEveryAccount(site: Site, told: ReadonlyMap<string, Told>): Promise<string> {
  const shards = await Promise.all(site.shards.map(({ location }) => readShardAccounts(location)));
  const unknown = shards.flatMap((accounts) => [...accounts.keys()].filter((id) => !told.has(id)));
  const findings = unknown.map((accountId) => `${accountId}: nobody was told of it`);
  for (const [accountId, each] of told) {
    const rows = shards.map((accounts) => accounts.get(accountId)).filter((found) => found !== undefined);
    findings.push(...auditRows(rows, each).map((finding) => `${accountId}: ${finding}`));
  }
  if (findings.length === 0) return BALANCED;
  return `${findings.slice(0, FINDINGS_SHOWN).join('; ')} (${findings.length} findings)`;
}
