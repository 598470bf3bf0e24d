import { createHash } from 'node:crypto';

/** Bytes of a hash: two pairs never have the same one by chance. */
const TAG_BYTES = 16;

/** One pair of an account's metadata as the directory's index has it. */
export function metadataTag(key: string, value: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([key, value]))
    .digest()
    .subarray(0, TAG_BYTES);
}

/** @param metadata canonical JSON of a string map */
export function metadataTags(metadata: string | null): Buffer[] {
  if (metadata === null) return [];
  const pairs = Object.entries(JSON.parse(metadata) as Record<string, string>);
  return pairs.map(([key, value]) => metadataTag(key, value));
}
