import { DirectoryUnavailableError } from '../shards/directory/directory';
import type { LeaseStore } from '../shards/directory/lease-store';

/** The directory keeps a lease's name up to this length; two of very long names may share one. */
const LEASE_NAME_LENGTH_MAX = 128;

/**
 * Whether work that every instance can do is this one's, by a lease. The lease keeps instances from doing the same twice, and nothing
 * rests on it: money must not wait because the directory is away, so without an answer from it the work is done all the same.
 */
export async function isOwnWork(
  leases: Pick<LeaseStore, 'acquire'>,
  {
    name,
    instanceId,
    leaseMs,
  }: { readonly name: string; readonly instanceId: string; readonly leaseMs: number },
): Promise<boolean> {
  try {
    return await leases.acquire(name.slice(0, LEASE_NAME_LENGTH_MAX), instanceId, leaseMs);
  } catch (error) {
    if (error instanceof DirectoryUnavailableError) return true;
    throw error;
  }
}
