import { lookup, type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/** A name server has so long for each of two tries. */
const TRY_MS = 2_000;
const TRIES = 2;

/** What a name server answers that does not know a name: the machine's own list of hosts may. */
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED']);

export type FindAddresses = (hostname: string) => Promise<LookupAddress[]>;

/**
 * Looks a name up by asking the name servers directly. The operating system's look-up (`dns.lookup`) keeps a thread until it ends, and
 * there are few: names whose servers do not answer would hold up the look-ups of all others. So it is asked for names without a dot,
 * which only the machine and its network know, and for names that the name servers answered not to know.
 */
export function nameFinder(servers?: readonly string[]): FindAddresses {
  return async (hostname) => {
    if (!hostname.replace(/\.$/, '').includes('.')) return bySystem(hostname);
    // One for each look-up: what it asks ends with it.
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
    if (servers) resolver.setServers(servers);
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length > 0) return found;
    const other = [four, six].find((end) => end.status === 'rejected' && !isUnknown(end.reason));
    if (other?.status === 'rejected') throw other.reason as Error;
    return bySystem(hostname);
  };
}

function isUnknown(fault: unknown): boolean {
  return UNKNOWN.has((fault as { readonly code?: string }).code ?? '');
}

function bySystem(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found);
    });
  });
}
