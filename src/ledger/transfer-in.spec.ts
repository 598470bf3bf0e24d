import { row, transferIn } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import { InvariantViolation } from './invariant-violation';
import { BALANCE_MAX_MINOR } from './money';
import type { SubAccount } from './sub-account';

describe('a transfer that arrives', () => {
  test('raises what the row has and not what the account is worth', () => {
    const { changes, outcomes } = new LedgerShard([row({ availableMinor: 5n })]).run([
      transferIn({ amountMinor: 10n }),
    ]);
    expect(outcomes).toEqual([{ kind: 'arrived' }]);
    expect(changes.entries).toEqual([]);
    expect(changes.subAccounts).toMatchObject([
      { availableMinor: 15n, netMinor: 5n, movedMinor: 10n, version: 1, outsideVersion: 0 },
    ]);
  });

  test('arrives once, in one batch or in two', () => {
    const shard = new LedgerShard([row()]);
    expect(shard.run([transferIn(), transferIn()]).outcomes).toEqual([
      { kind: 'arrived' },
      { kind: 'alreadyArrived' },
    ]);
    expect(shard.run([transferIn()]).outcomes).toEqual([{ kind: 'alreadyArrived' }]);
    expect(shard.rows.get('acme 0')?.availableMinor).toBe(10n);
  });

  test.each([
    ['sender', { fromShard: 'elsewhere' }],
    ['row it left', { fromSubAccount: 7 }],
    ['amount', { amountMinor: 11n }],
  ])('is not taken for one that arrived under its id with another %s', (_what, other) => {
    const shard = new LedgerShard([row()]);
    shard.run([transferIn()]);
    expect(() => shard.run([transferIn(other)])).toThrow(InvariantViolation);
    expect(() => new LedgerShard([row()]).run([transferIn(), transferIn(other)])).toThrow(InvariantViolation);
    expect(shard.rows.get('acme 0')?.availableMinor).toBe(10n);
  });

  test.each<[string, Partial<SubAccount>]>([
    ['a frozen account', { accountStatus: 'frozen' }],
    ['a closed account', { accountStatus: 'closed' }],
    ['a row that is ahead of every placement', { epoch: 99 }],
    ['a draining row', { state: 'draining' }],
  ])('is not turned back by %s', (_where, given) => {
    expect(new LedgerShard([row(given)]).run([transferIn()]).outcomes).toEqual([{ kind: 'arrived' }]);
  });

  test('reopens a closed row as draining, so that somebody empties it again', () => {
    const { changes } = new LedgerShard([row({ state: 'closed' })]).run([transferIn()]);
    expect(changes.subAccounts).toMatchObject([{ state: 'draining', availableMinor: 10n }]);
  });

  test('waits outside a row that is full, and arrives once there is room', () => {
    const full = row({ availableMinor: BALANCE_MAX_MINOR - 9n });
    expect(new LedgerShard([full]).run([transferIn()]).outcomes).toEqual([{ kind: 'balanceLimitExceeded' }]);
    expect(new LedgerShard([full]).run([transferIn({ amountMinor: 9n })]).outcomes).toEqual([
      { kind: 'arrived' },
    ]);
  });
});
