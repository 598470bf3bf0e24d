import { credit, deduct, row } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import { BALANCE_MAX_MINOR } from './money';

const ELSEWHERE = [
  { shard: 'there', subAccount: 1, rows: 2 },
  { shard: 'yonder', subAccount: 2, rows: 1 },
];

describe('a credit', () => {
  test("is one entry and one change of net at home; the other shards' shares leave in the same batch, in one piece each", () => {
    const shard = new LedgerShard([row()]);
    const { outcomes, changes } = shard.run([
      credit({
        requestId: 'topup',
        amountMinor: 103n,
        spreadOver: ELSEWHERE,
        homeRows: 1,
        spreadId: 'once',
        reference: 'inv-7',
        metadata: '{"a":"b"}',
      }),
    ]);

    expect(changes.entries).toEqual([
      {
        accountId: 'acme',
        requestId: 'topup',
        kind: 'credit',
        amountMinor: 103n,
        subAccount: 0,
        version: 1,
        epoch: 1,
        fingerprint: 'what topup asks for',
        reference: 'inv-7',
        metadata: '{"a":"b"}',
        createdAtUs: 1_000_000,
      },
    ]);
    expect(changes.subAccounts).toMatchObject([
      { availableMinor: 28n, netMinor: 103n, movedMinor: -75n, version: 2, outsideVersion: 1 },
    ]);
    const share = (toSubAccount: number, toShard: string, amountMinor: bigint) => ({
      accountId: 'acme',
      transferId: `spread once ${toSubAccount}`,
      amountMinor,
      fromSubAccount: 0,
      toSubAccount,
      toShard,
    });
    const departures = [share(1, 'there', 50n), share(2, 'yonder', 25n)];
    expect(changes.departures).toEqual(departures.map((departure) => ({ ...departure, fromVersion: 2 })));
    expect(outcomes).toEqual([{ kind: 'applied', entry: changes.entries[0], departures }]);
  });

  test('reaches a frozen account and not a closed one', () => {
    const shard = new LedgerShard([
      row({ accountId: 'cold', accountStatus: 'frozen' }),
      row({ accountId: 'gone', accountStatus: 'closed' }),
    ]);
    const { outcomes } = shard.run([credit({ accountId: 'cold' }), credit({ accountId: 'gone' })]);
    expect(outcomes).toMatchObject([{ kind: 'applied' }, { kind: 'accountClosed' }]);
  });

  test('lifts no row past the limit, held money included, and may fill it exactly', () => {
    const shard = new LedgerShard([row({ availableMinor: BALANCE_MAX_MINOR - 30n, heldMinor: 20n })]);
    const { outcomes } = shard.run([
      credit({ requestId: 'much', amountMinor: 11n }),
      credit({ requestId: 'enough', amountMinor: 10n }),
      credit({ requestId: 'more', amountMinor: 1n }),
    ]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      'balanceLimitExceeded',
      'applied',
      'balanceLimitExceeded',
    ]);
  });

  test('under the key of a deduction is a reused key, not a replay', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    const { outcomes } = shard.run([
      deduct({ requestId: 'k', fingerprint: 'a deduction of 10' }),
      credit({ requestId: 'k', fingerprint: 'a credit of 10' }),
    ]);
    expect(outcomes).toMatchObject([{ kind: 'applied' }, { kind: 'keyReused' }]);
  });

  test('reopens a closed row as draining, like everything that leaves money on one', () => {
    const { changes } = new LedgerShard([row({ state: 'closed' })]).run([credit()]);
    expect(changes.subAccounts).toMatchObject([{ state: 'draining', availableMinor: 10n }]);
  });
});
