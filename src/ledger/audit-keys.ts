import type { Finding } from './audit-finding';
import { hashId, type PastPlacement } from './routing';

/** An entry under a key, and the shard that has it. */
export interface KeyUse {
  readonly shard: string;
  /** By that shard's clock. Microseconds since 1970. */
  readonly createdAtUs: number;
}

/** For how long a key is looked up at its past homes, and what the directory remembers of these. */
export interface KeyWindow {
  readonly windowMs: number;
  readonly past: readonly PastPlacement[];
}

/**
 * Judges a key that has entries on several shards. Once an account has moved, its keys are looked up where they were for
 * the idempotency window; a use after that is another request, as documented. A use before that charged somebody twice.
 */
export function judgeSharedKey(
  accountId: string,
  requestId: string,
  uses: readonly KeyUse[],
  window: KeyWindow,
): Finding | undefined {
  const byTime = [...uses].sort((a, b) => a.createdAtUs - b.createdAtUs);
  const isSound = byTime
    .slice(1)
    .every((later, position) => isAfterWindow(requestId, byTime[position] as KeyUse, later, window));
  if (isSound) return undefined;
  return {
    invariant: 'oneEffectPerKey',
    accountId,
    detail: `request id "${requestId}"`,
    expected: '1 entry within the idempotency window',
    found: `${uses.length} entries, on ${uses.map(({ shard }) => shard).join(', ')}`,
  };
}

/**
 * Whether the window of an earlier use was over at a later one: it runs from the end of the placement under which the
 * earlier one was made, which the directory remembers for a while longer, and which lies behind that use in any case.
 */
function isAfterWindow(
  requestId: string,
  earlier: KeyUse,
  later: KeyUse,
  { windowMs, past }: KeyWindow,
): boolean {
  const hash = hashId(requestId);
  const ends = past
    .filter(({ shards }) => shards[hash % shards.length] === earlier.shard)
    .map(({ fencedAtUs }) => fencedAtUs)
    .filter((fencedAtUs) => fencedAtUs <= later.createdAtUs);
  return later.createdAtUs - Math.max(earlier.createdAtUs, ...ends) > windowMs * 1_000;
}
