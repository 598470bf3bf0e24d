import type { RecordsBatch } from '@platformatic/kafka';
import { recordsOf } from './records-of';

const TRANSACTIONAL = 0b1_0000;
const CONTROL = 0b10_0000;

const PLACE = { topic: 'clicks', partition: 0, from: 0n };

function batch(
  firstOffset: number,
  given: Partial<RecordsBatch> & { readonly count?: number },
): RecordsBatch {
  const { count = 1, records, ...more } = given;
  return {
    firstOffset: BigInt(firstOffset),
    lastOffsetDelta: count - 1,
    attributes: 0,
    producerId: -1n,
    records:
      records ??
      Array.from({ length: count }, (_, offsetDelta) => ({
        length: 0,
        attributes: 0,
        timestampDelta: 0n,
        offsetDelta,
        key: null,
        value: null,
        headers: [],
      })),
    ...more,
  } as RecordsBatch;
}

const inTransaction = (firstOffset: number, producerId: bigint): RecordsBatch =>
  batch(firstOffset, { producerId, attributes: TRANSACTIONAL });

function mark(firstOffset: number, producerId: bigint, type: 'abort' | 'commit'): RecordsBatch {
  const made = batch(firstOffset, { producerId, attributes: TRANSACTIONAL | CONTROL });
  const [record] = made.records;
  return {
    ...made,
    records: [{ ...record, key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]) }],
  } as RecordsBatch;
}

const offsets = (...given: Parameters<typeof recordsOf>): number[] =>
  recordsOf(...given).messages.map(({ offset }) => Number(offset));

describe('what a fetch has brought', () => {
  test('is the messages from an offset on, and where to go on', () => {
    const records = [batch(3, { count: 3 }), batch(6, { count: 2 })];
    expect(offsets({ ...PLACE, from: 4n }, { records, abortedTransactions: null })).toEqual([4, 5, 6, 7]);
    expect(recordsOf(PLACE, { records, abortedTransactions: null }).next).toBe(8n);
  });

  test('is nothing new of an empty answer', () => {
    for (const records of [null, []])
      expect(recordsOf({ ...PLACE, from: 5n }, { records, abortedTransactions: null })).toEqual({
        messages: [],
        next: 5n,
      });
  });

  test('passes over what compaction has taken out of a batch', () => {
    const whole = batch(0, { count: 4 });
    const records = [{ ...whole, records: whole.records.filter(({ offsetDelta }) => offsetDelta === 1) }];
    expect(recordsOf(PLACE, { records, abortedTransactions: null })).toMatchObject({
      messages: [{ offset: 1n }],
      next: 4n,
    });
  });

  test('has no message of a transaction that was aborted, also where its end was not fetched', () => {
    const abortedTransactions = [{ producerId: 7n, firstOffset: 1n }];
    const records = [batch(0, {}), inTransaction(1, 7n), inTransaction(2, 8n), inTransaction(3, 7n)];
    expect(offsets(PLACE, { records, abortedTransactions })).toEqual([0, 2]);
    expect(recordsOf(PLACE, { records, abortedTransactions }).next).toBe(4n);
  });

  test('has the messages of the transactions before and after it, and of a second one that was aborted none', () => {
    const abortedTransactions = [
      { producerId: 7n, firstOffset: 6n },
      { producerId: 7n, firstOffset: 2n },
    ];
    const records = [
      inTransaction(0, 7n),
      mark(1, 7n, 'commit'),
      inTransaction(2, 7n),
      mark(3, 7n, 'abort'),
      inTransaction(4, 7n),
      mark(5, 7n, 'commit'),
      inTransaction(6, 7n),
    ];
    expect(offsets(PLACE, { records, abortedTransactions })).toEqual([0, 4]);
    expect(recordsOf(PLACE, { records, abortedTransactions }).next).toBe(7n);
  });
});
