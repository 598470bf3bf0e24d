import type { Consumer, RecordsBatch } from '@platformatic/kafka';
import type { TopicMessage } from './topic-message';

/** Bits of a batch's attributes. */
const IS_TRANSACTIONAL = 0b1_0000;
const IS_CONTROL = 0b10_0000;

/** Of a control record's key, after its version. */
const ABORTS = 0;

export type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type FetchedPartition = FetchResponse['responses'][number]['partitions'][number];

export interface Fetched {
  readonly messages: readonly TopicMessage[];
  /** The offset to go on from; as it was where nothing was fetched. */
  readonly next: bigint;
}

/**
 * The messages that a fetch of committed records has brought, from an offset on. Of transactions that were aborted none is: the
 * broker names those transactions, and leaves it to its clients to pass their records over. The library passes them over where
 * it has fetched the end of the transaction with them, which is not always so.
 */
export function recordsOf(
  { topic, partition, from }: { readonly topic: string; readonly partition: number; readonly from: bigint },
  { records, abortedTransactions }: Pick<FetchedPartition, 'records' | 'abortedTransactions'>,
): Fetched {
  const messages: TopicMessage[] = [];
  const isAborted = abortedAmong(abortedTransactions ?? []);
  let next = from;
  for (const batch of records ?? []) {
    const { firstOffset, lastOffsetDelta, attributes } = batch;
    const behind = firstOffset + BigInt(lastOffsetDelta) + 1n;
    if (behind > next) next = behind;
    if (isAborted(batch) || attributes & IS_CONTROL) continue;
    for (const { key, value, headers, offsetDelta } of batch.records) {
      const offset = firstOffset + BigInt(offsetDelta);
      // A batch is sent whole, from whichever of its offsets on it was asked for.
      if (offset >= from) messages.push({ topic, partition, offset, key, value, headers });
    }
  }
  return { messages, next };
}

/** Asked of each batch, in their order. */
function abortedAmong(
  transactions: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[],
): (batch: RecordsBatch) => boolean {
  const toCome = [...transactions].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  return ({ firstOffset, lastOffsetDelta, producerId, attributes, records }) => {
    const last = firstOffset + BigInt(lastOffsetDelta);
    for (let first = toCome[0]; first && first.firstOffset <= last; first = toCome[0]) {
      aborting.add(first.producerId);
      toCome.shift();
    }
    if (attributes & IS_CONTROL) {
      if (records[0]?.key?.readInt16BE(2) === ABORTS) aborting.delete(producerId);
      return false;
    }
    return (attributes & IS_TRANSACTIONAL) !== 0 && aborting.has(producerId);
  };
}
