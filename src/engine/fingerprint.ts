import { hash } from 'node:crypto';

const HEX_DIGITS = 32;
const REMEMBERED_MAX = 4_096;

/**
 * What a request asks for, hashed, to tell a retry from a reused key: the kind and every parameter that the user sent,
 * and nothing derived, so that it never changes between two tries.
 *
 * @param parts in a fixed order; `null` for what was not sent
 * @returns the first 128 bits of SHA-256 over the parts' JSON, as 32 hex digits
 */
export function fingerprint(...parts: readonly (string | bigint | null)[]): string {
  const sent = JSON.stringify(parts.map((part) => (typeof part === 'bigint' ? part.toString() : part)));
  return hash('sha256', sent, 'hex').slice(0, HEX_DIGITS);
}

const remembered = new Map<string, string>();

/**
 * `fingerprint(kind, amount, reference, metadata)` of a user's request. Most requests carry neither reference nor
 * metadata and few different amounts, so those are remembered; hashing was 3–7 % of a deduction's CPU time.
 */
export function requestFingerprint(
  kind: string,
  amountMinor: bigint,
  reference: string | null,
  metadata: string | null,
): string {
  if (reference !== null || metadata !== null) return fingerprint(kind, amountMinor, reference, metadata);
  const key = `${kind} ${amountMinor}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const made = fingerprint(kind, amountMinor, null, null);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(key, made);
  return made;
}

/** A string map as JSON with sorted keys: the order in which a client happened to write them means nothing. */
export function canonicalMap(map: Readonly<Record<string, string>> | undefined): string | null {
  if (!map) return null;
  return JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The budgets of a request as its fingerprint has them: in which order they are named means nothing. */
export function budgetsText(budgets: readonly string[]): string {
  return [...budgets].sort().join(' ');
}
