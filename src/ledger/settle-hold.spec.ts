import { cancel, confirm, deduct, expire, hold, reverse, row, setStatus } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { Command } from './command';
import { AMOUNT_MAX_MINOR } from './money';

const LONG_US = 900_000_000;

describe('a hold', () => {
  test('is set aside in its row, which can pay less from then on', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    expect(shard.run([hold({ amountMinor: 30n })]).outcomes).toMatchObject([
      { kind: 'held', replayed: false, hold: { holdId: 'r1', subAccount: 0, state: 'held', version: 1 } },
    ]);
    expect(shard.rows.get('acme 0')).toMatchObject({
      availableMinor: 20n,
      heldMinor: 30n,
      netMinor: 50n,
      version: 1,
      outsideVersion: 1,
    });
    expect(kinds(shard, deduct({ requestId: 'd', amountMinor: 21n }))).toEqual(['insufficientFunds']);
  });

  test('draws on its siblings and is pinned to its home row, whichever row paid', () => {
    const shard = new LedgerShard([row({ availableMinor: 5n }), row({ index: 1, availableMinor: 95n })]);
    shard.run([hold({ amountMinor: 80n })]);
    expect(shard.rows.get('acme 0')).toMatchObject({ heldMinor: 80n });
    expect(shard.rows.get('acme 1')).toMatchObject({ heldMinor: 0n });
    // Routed by another size meanwhile.
    expect(kinds(shard, confirm({ subAccount: 1 }))).toEqual(['holdSettled']);
    expect(shard.rows.get('acme 0')).toMatchObject({ heldMinor: 0n });
  });

  test('six holds of 1,000 on 5,000: five are held and one is refused', () => {
    const shard = new LedgerShard([0, 1, 2, 3].map((index) => row({ index, availableMinor: 1_250n })));
    const six = [1, 2, 3, 4, 5, 6].map((n) =>
      hold({ requestId: `h${n}`, amountMinor: 1_000n, subAccount: n % 4 }),
    );
    expect(kinds(shard, ...six)).toEqual([...Array<string>(5).fill('held'), 'insufficientFunds']);
    expect(shard.sum('acme', ({ heldMinor }) => heldMinor)).toBe(5_000n);
  });

  test('is over at the very microsecond it was to last until, for confirm and expiry alike', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([hold({ expiresInUs: LONG_US })]);
    shard.nowUs += LONG_US - 1;
    expect(kinds(shard, expire())).toEqual(['holdStands']);
    shard.nowUs += 1;
    expect(kinds(shard, confirm(), expire(), confirm(), cancel(), hold())).toEqual([
      ...['holdAlreadyCancelled', 'holdSettled', 'holdAlreadyCancelled', 'holdSettled', 'held'],
    ]);
    expect(shard.holds.get('acme r1')).toMatchObject({ state: 'expired', settledVersion: 2 });
  });

  test('that is over is told from one that was cancelled, released or not', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([hold({ expiresInUs: 0 })]);
    const expired = { kind: 'holdAlreadyCancelled', isExpired: true };
    expect(shard.run([confirm(), expire(), confirm()]).outcomes).toEqual([
      expired,
      expect.anything(),
      expired,
    ]);
    shard.run([hold({ requestId: 'r2' }), cancel({ holdId: 'r2' })]);
    expect(shard.run([confirm({ holdId: 'r2' })]).outcomes).toEqual([{ kind: 'holdAlreadyCancelled' }]);
  });

  test('that is over and not released yet can still be cancelled', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([hold({ expiresInUs: 0 })]);
    expect(kinds(shard, cancel())).toEqual(['holdSettled']);
    expect(shard.holds.get('acme r1')).toMatchObject({ state: 'cancelled' });
  });

  test('that is confirmed stands in the ledger with what its confirm attached, in place of what its try did', () => {
    const shard = new LedgerShard([row({ availableMinor: 100n })]);
    shard.run([hold({ amountMinor: 30n, reference: 'estimate', metadata: '{"model":"m"}' })]);
    const { outcomes } = shard.run([
      confirm({ metadata: '{"tokens":"512"}' }),
      confirm({ reference: 'later' }),
    ]);
    expect(shard.entries.get('acme confirmation r1')).toMatchObject({
      reference: 'estimate',
      metadata: '{"tokens":"512"}',
    });
    expect(outcomes).toMatchObject([{ replayed: false }, { replayed: true }]);
  });

  test('that is confirmed in part stands in the ledger with what its try attached', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([hold({ amountMinor: 30n, reference: 'ride 7', metadata: '{"a":"b"}' })]);
    shard.run([confirm({ amountMinor: 12n })]);
    expect(shard.entries.get('acme r1')).toMatchObject({ kind: 'hold', reference: null, metadata: null });
    expect(shard.entries.get('acme confirmation r1')).toMatchObject({
      kind: 'hold-confirmation',
      amountMinor: 12n,
      reference: 'ride 7',
      metadata: '{"a":"b"}',
    });
    expect(shard.rows.get('acme 0')).toMatchObject({ availableMinor: 38n, heldMinor: 0n, netMinor: 38n });
  });

  test('comes to no more than an amount may be, however often more may be taken', () => {
    const shard = new LedgerShard([row({ availableMinor: 3n * AMOUNT_MAX_MINOR })]);
    shard.run([hold({ amountMinor: 1n })]);
    const more = { isFinal: false, mayTakeMore: true };
    const most = { ...more, captureId: 'most', amountMinor: AMOUNT_MAX_MINOR - 1n };
    expect(kinds(shard, confirm(most))).toEqual(['holdChanged']);
    const before = new Map(shard.rows);
    const above = { ...more, captureId: 'above', amountMinor: 2n };
    expect(shard.run([confirm(above)]).outcomes).toEqual([{ kind: 'confirmExceedsHold', heldMinor: 0n }]);
    expect(shard.rows).toEqual(before);
    expect(shard.run([confirm({ ...above, captureId: 'just', amountMinor: 1n })]).outcomes).toMatchObject([
      { kind: 'holdChanged', hold: { capturedMinor: AMOUNT_MAX_MINOR } },
    ]);
  });

  test('cannot be cancelled under a key that is something else’s, whether or not a tombstone was to be left', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([deduct({ requestId: 'r1', amountMinor: 5n })]);
    for (const leaveTombstone of [true, false])
      expect(kinds(shard, cancel({ leaveTombstone }))).toEqual(['keyReused']);
    expect(shard.rows.get('acme 0')).toMatchObject({ availableMinor: 45n, version: 1 });
  });

  test.each(['frozen', 'closed'] as const)('is settled by a %s account, which takes no new one', (status) => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run(['a', 'b', 'c'].map((requestId) => hold({ requestId, expiresInUs: 1 })));
    shard.run([hold({ requestId: 'd' }), setStatus({ status })]);
    shard.nowUs += 1;
    expect(kinds(shard, confirm({ holdId: 'd' }), cancel({ holdId: 'b' }), expire({ holdId: 'c' }))).toEqual(
      Array(3).fill('holdSettled'),
    );
    expect(kinds(shard, hold({ requestId: 'e' }))).toEqual([
      status === 'frozen' ? 'accountFrozen' : 'accountClosed',
    ]);
  });

  test('keeps a row that is out of use from closing, and the last one to be settled closes it', () => {
    const shard = new LedgerShard([
      row({ availableMinor: 10n }),
      row({ index: 1, availableMinor: 20n, state: 'draining' }),
    ]);
    shard.run([hold({ requestId: 'a', subAccount: 1 }), hold({ requestId: 'b', subAccount: 1 })]);
    expect(shard.rows.get('acme 1')).toMatchObject({ availableMinor: 0n, state: 'draining' });
    shard.run([confirm({ holdId: 'a', subAccount: 1 })]);
    expect(shard.rows.get('acme 1')).toMatchObject({ state: 'draining' });
    shard.run([confirm({ holdId: 'b', subAccount: 1 })]);
    expect(shard.rows.get('acme 1')).toMatchObject({ state: 'closed' });
  });

  test('that is not here is said by a row of the newest placement only, and leaves no trace', () => {
    const shard = new LedgerShard([row({ epoch: 2 })]);
    const asks = [confirm(), cancel(), cancel({ leaveTombstone: false }), reverse()];
    expect(kinds(shard, ...asks)).toEqual(Array(4).fill('fenced'));
    const { outcomes, changes } = shard.run([
      confirm({ epoch: 2 }),
      cancel({ epoch: 2, leaveTombstone: false }),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['holdNotHere', 'holdNotHere']);
    expect(changes.subAccounts).toEqual([]);
  });

  test('whose mark a reversal in the same batch has loaded is a replay and no reused key', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([hold()]);
    expect(kinds(shard, reverse(), hold(), hold({ amountMinor: 11n, fingerprint: 'other' }))).toEqual([
      'deductionNotHere',
      'held',
      'keyReused',
    ]);
  });
});

describe('a reversal', () => {
  test('cannot take the key of anything else, whatever users call their requests', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    const odd = ['opening', 'balance', 'confirmation', 'reversal', 'r1'];
    shard.run(odd.map((requestId) => deduct({ requestId, amountMinor: 2n })));
    shard.run([hold({ requestId: 'held', amountMinor: 2n }), confirm({ holdId: 'held' })]);
    const pairs = [...odd, 'held'].flatMap((reverses) =>
      odd.map((requestId) => reverse({ reverses, requestId, amountMinor: 1n })),
    );
    const told = kinds(shard, ...pairs);
    expect(told.filter((kind) => kind === 'applied')).toHaveLength(2 * 6);
    expect(told.filter((kind) => kind === 'reversalExceedsDeduction')).toHaveLength(3 * 6);
    expect(shard.rows.get('acme 0')).toMatchObject({ availableMinor: 50n, netMinor: 50n });
  });

  test('does not lift a row past the balance limit', () => {
    const limit = 9n * 10n ** 18n;
    const shard = new LedgerShard([row({ availableMinor: limit })]);
    shard.run([deduct({ amountMinor: 10n })]);
    const full = shard.rows.get('acme 0');
    if (full) shard.rows.set('acme 0', { ...full, availableMinor: limit - 9n });
    expect(kinds(shard, reverse(), reverse({ requestId: 'nine', amountMinor: 9n }))).toEqual([
      'balanceLimitExceeded',
      'applied',
    ]);
  });
});

function kinds(shard: LedgerShard, ...commands: Command[]): string[] {
  return shard.run(commands).outcomes.map(({ kind }) => kind);
}
