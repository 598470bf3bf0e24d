import type { Hold } from './hold';

/**
 * A lease is a hold that an instance takes for the deductions it answers before they are written: their money is set
 * aside, so nobody else can spend it. Its key contains a blank, so no user can name it.
 */
const LEASE = 'lease';

/** The range of all leases' keys, exclusive at its end. */
export const LEASE_KEYS = { from: `${LEASE} `, to: `${LEASE}!` } as const;

/** No lease lasts longer without a flush: whoever looks for leases looks among holds that expire within this. */
export const LEASE_SECONDS_MAX = 60;

/** A lease takes at most this part of what its row has. */
export const LEASE_PART = 4n;

/** Deductions in one flush. */
export const FLUSH_DEDUCTIONS_MAX = 256;

/** Stands in a lease that its owner is to give back. */
export const RECALLED = 'recalled';

export function leaseKey(id: string): string {
  return `${LEASE} ${id}`;
}

export function isLeaseKey(key: string): boolean {
  return key >= LEASE_KEYS.from && key < LEASE_KEYS.to;
}

/** What stands in a lease beside its money. */
export function leaseMetadata(termMs: number): string {
  return JSON.stringify({ termMs: String(termMs) });
}

/** How long after a flush its owner answers from the lease without asking again, in milliseconds. */
export function termMsOf({ metadata }: Pick<Hold, 'metadata'>): number {
  if (metadata === null) return 0;
  const { termMs } = JSON.parse(metadata) as { readonly termMs?: string };
  return Number(termMs ?? 0);
}
