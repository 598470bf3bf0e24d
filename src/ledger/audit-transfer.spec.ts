import { judgePair, pairHalves, type TransferHalf } from './audit-transfer';

function half(given: Partial<TransferHalf>): TransferHalf {
  return {
    accountId: 'acme',
    transferId: 't',
    amountMinor: 5n,
    fromSubAccount: 0,
    toSubAccount: 1,
    direction: 'out',
    shard: 's0',
    peerShard: 's1',
    pending: false,
    fromVersion: 1,
    toVersion: null,
    ...given,
  };
}

const out = half({});
const into = half({ direction: 'in', shard: 's1', peerShard: 's0' });

describe('a transfer', () => {
  test('is whole when both halves say the same', () => {
    const pairs = pairHalves([out, into]);
    expect(pairs).toEqual([
      { half: out, other: into },
      { half: into, other: out },
    ]);
    expect(pairs.map(judgePair)).toEqual([undefined, undefined]);
  });

  test('has no other half within a shard', () => {
    expect(pairHalves([half({ direction: 'local', peerShard: null })])).toEqual([]);
  });

  test('may go from a row to another of the same shard in two halves', () => {
    const [left, arrived] = [half({ peerShard: 's0' }), half({ peerShard: 's0', direction: 'in' })];
    expect(pairHalves([left, arrived]).map(judgePair)).toEqual([undefined, undefined]);
  });

  test('is in transit while its departure is pending, whatever its id was used for elsewhere', () => {
    const pending = half({ pending: true });
    const [pairing] = pairHalves([pending, half({ direction: 'in', shard: 's2', peerShard: 's3' })]);
    expect(pairing && judgePair(pairing)).toBe('inTransit');
  });

  test.each([
    [half({}), 'departureArrives'],
    [into, 'arrivalHasDeparture'],
  ])('is broken when a half stands alone', (alone, invariant) => {
    expect(judgePair({ half: alone, other: undefined })).toMatchObject({ invariant, found: 'nothing' });
  });

  test.each([
    half({ ...into, amountMinor: 6n }),
    half({ ...into, fromSubAccount: 4 }),
    half({ ...into, toSubAccount: 4 }),
    half({ ...into, peerShard: 's2' }),
  ])('is broken when its halves disagree, and says so once', (other) => {
    const finding = judgePair({ half: out, other });
    expect(finding).toMatchObject({ invariant: 'transferHalvesAgree', shard: 's1', detail: 'transfer "t"' });
    expect(judgePair({ half: other, other: out })).toEqual(finding);
  });
});
