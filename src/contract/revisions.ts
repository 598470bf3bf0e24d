import type { AccountRecord } from '../shards/directory/account-record';

/** The entity tag of an account as it is. */
export function etagOf(account: AccountRecord): string {
  return `"${account.revision}"`;
}

/** Tags that are ours. A weak one never matches (RFC 9110, 13.1.1), nor does one that this service did not make. */
const REVISION_TAG = /(?<!W\/)"([1-9][0-9]{0,14})"/g;

/** The revisions that an `If-Match` names, as the schema lets it through: any of them matches. None at all for `*`. */
export function revisionsOf(ifMatch: string | undefined): ReadonlySet<number> | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  return new Set([...ifMatch.matchAll(REVISION_TAG)].map(([, digits]) => Number(digits)));
}
