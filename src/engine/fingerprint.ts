import { hash } from 'node:crypto';

const HEX_DIGITS = 32;

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

/** A string map as JSON with sorted keys: the order in which a client happened to write them means nothing. */
export function canonicalMap(map: Readonly<Record<string, string>> | undefined): string | null {
  if (!map) return null;
  return JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))));
}
