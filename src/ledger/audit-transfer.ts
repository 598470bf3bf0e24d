import type { Finding } from './audit-finding';
import type { Transfer } from './transfer';

/** A transfer as one shard has it: as it left (`out`), as it arrived (`in`), or whole (`local`). Immutable but for `pending`. */
export interface StoredTransfer extends Transfer {
  readonly direction: 'out' | 'in' | 'local';
  /** The shard of the other half; none for `local`. */
  readonly peerShard: string | null;
  /** A departure that is not marked as arrived. */
  readonly pending: boolean;
  /** The version it made of the row it left, where that is on this shard; none in rows older than the column. */
  readonly fromVersion: number | null;
  /** The version it made of the row that took it, where that is on this shard. */
  readonly toVersion: number | null;
}

/** A half and the shard that has it. */
export interface TransferHalf extends StoredTransfer {
  readonly shard: string;
}

/** What became of the other half of a transfer. */
export interface Pairing {
  readonly half: TransferHalf;
  readonly other: TransferHalf | undefined;
}

/**
 * Finds the other half of each half that one transfer id has on the shards read so far.
 *
 * @returns the halves with their others; without, where it is not among them and must be asked for at the peer
 */
export function pairHalves(halves: readonly TransferHalf[]): Pairing[] {
  return halves
    .filter((half) => half.direction !== 'local')
    .map((half) => ({ half, other: halves.find((other) => isOther(half, other)) }));
}

function isOther(half: TransferHalf, other: TransferHalf): boolean {
  return other.shard === half.peerShard && other.direction === otherDirection(half);
}

export function otherDirection(half: StoredTransfer): 'out' | 'in' {
  return half.direction === 'out' ? 'in' : 'out';
}

/**
 * Judges a half by its other, which was looked for after the half was read: a departure is durable before it arrives, an
 * arrival before the departure is marked, and neither is ever deleted.
 */
export function judgePair({ half, other }: Pairing): Finding | 'inTransit' | undefined {
  if (other) return disagreement(half, other);
  if (half.direction === 'out' && half.pending) return 'inTransit';
  const arrived = half.direction === 'in';
  return {
    invariant: arrived ? 'arrivalHasDeparture' : 'departureArrives',
    accountId: half.accountId,
    shard: half.shard,
    subAccount: arrived ? half.toSubAccount : half.fromSubAccount,
    detail: `transfer "${half.transferId}"`,
    expected: `${amounts(half)}, ${otherDirection(half)} on ${half.peerShard ?? 'its peer'}`,
    found: 'nothing',
  };
}

/** Says the same whichever half it is asked of. */
function disagreement(half: TransferHalf, other: TransferHalf): Finding | undefined {
  const [out, into] = half.direction === 'out' ? [half, other] : [other, half];
  const expected = `${amounts(out)}, ${out.shard} to ${out.peerShard ?? 'nowhere'}`;
  const found = `${amounts(into)}, ${into.peerShard ?? 'nowhere'} to ${into.shard}`;
  if (expected === found) return undefined;
  const { accountId, transferId } = half;
  return {
    invariant: 'transferHalvesAgree',
    accountId,
    shard: into.shard,
    subAccount: into.toSubAccount,
    detail: `transfer "${transferId}"`,
    expected,
    found,
  };
}

function amounts({ amountMinor, fromSubAccount, toSubAccount }: StoredTransfer): string {
  return `${amountMinor} from ${fromSubAccount} to ${toSubAccount}`;
}
