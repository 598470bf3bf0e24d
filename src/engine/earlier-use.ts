import type { Entry } from '../ledger/entry';

/** What an entry found under a request's key says of the request: that it was carried out, or that its key was. */
export function earlierUse(
  entry: Entry,
  fingerprint: string,
): { readonly kind: 'replayed'; readonly entry: Entry } | { readonly kind: 'keyReused' } {
  return entry.fingerprint === fingerprint ? { kind: 'replayed', entry } : { kind: 'keyReused' };
}
