import { changesOf } from '../../test/models/changes';
import { deduct, row } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import { BALANCE_MAX_MINOR } from './money';
import type { SubAccount } from './sub-account';

describe('a deduction', () => {
  test('is one entry and one change of its home row', () => {
    const shard = new LedgerShard([row({ availableMinor: 100n, version: 7, outsideVersion: 4 })]);
    const { outcomes, changes } = shard.run([deduct({ requestId: 'click', amountMinor: 30n })]);

    expect(changes).toMatchObject({
      entries: [
        {
          requestId: 'click',
          kind: 'deduction',
          amountMinor: 30n,
          subAccount: 0,
          version: 8,
          createdAtUs: 1_000_000,
        },
      ],
      subAccounts: [{ availableMinor: 70n, netMinor: 70n, movedMinor: 0n, version: 8, outsideVersion: 5 }],
      localMoves: [],
      departures: [],
    });
    expect(outcomes).toEqual([{ kind: 'applied', entry: changes.entries[0], departures: [] }]);
  });

  test('may take the last unit, and not one more', () => {
    const shard = new LedgerShard([row({ availableMinor: 10n })]);
    expect(kinds(shard.run([deduct({ requestId: 'all', amountMinor: 10n })]))).toEqual(['applied']);
    expect(kinds(shard.run([deduct({ requestId: 'more', amountMinor: 1n })]))).toEqual(['insufficientFunds']);
  });

  test('leaves its siblings alone when home can pay, down to the last unit', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 10n }),
      row({ index: 1, availableMinor: 90n }),
    ]);
    const { changes } = shard.run([deduct({ amountMinor: 10n })]);
    expect(changes.subAccounts).toMatchObject([{ index: 0, availableMinor: 0n }]);
    expect(changes.localMoves).toEqual([]);
  });

  test('draws on its siblings when home is short, in the same batch, each draw recorded', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 4n }),
      row({ index: 3, availableMinor: 60n, version: 8 }),
    ]);
    const { changes } = shard.run([deduct({ amountMinor: 20n })]);

    expect(changes.localMoves).toEqual([
      {
        accountId: 'acme',
        transferId: 'draw 3 9',
        amountMinor: 38n,
        fromSubAccount: 3,
        toSubAccount: 0,
        fromVersion: 9,
        toVersion: 1,
      },
    ]);
    expect(changes.subAccounts).toMatchObject([
      { index: 3, availableMinor: 22n, netMinor: 60n, movedMinor: -38n, version: 9, outsideVersion: 0 },
      { index: 0, availableMinor: 22n, netMinor: -16n, movedMinor: 38n, version: 2, outsideVersion: 1 },
    ]);
  });

  test('may be larger than every sub-account, up to all of them together', () => {
    const rows = [3n, 5n, 7n].map((availableMinor, index) => row({ index, availableMinor }));
    expect(kinds(new LedgerShard(rows).run([deduct({ amountMinor: 15n })]))).toEqual(['applied']);
    expect(new LedgerShard(rows).run([deduct({ amountMinor: 16n })]).outcomes).toEqual([
      { kind: 'insufficientFunds', availableMinor: 15n },
    ]);
  });

  test('spends available money only: held money is promised', () => {
    const rows = [row({ index: 0, availableMinor: 5n, heldMinor: 50n }), row({ index: 1, heldMinor: 50n })];
    expect(kinds(new LedgerShard(rows).run([deduct({ amountMinor: 6n })]))).toEqual(['insufficientFunds']);
  });

  test('is judged on what the commands before it in the batch left behind', () => {
    const shard = new LedgerShard([row({ availableMinor: 10n })]);
    const outcomes = shard.run([
      deduct({ requestId: 'a', amountMinor: 7n }),
      deduct({ requestId: 'b', amountMinor: 7n }),
      deduct({ requestId: 'a', amountMinor: 7n }),
      deduct({ requestId: 'c', amountMinor: 3n }),
    ]);
    expect(kinds(outcomes)).toEqual(['applied', 'insufficientFunds', 'replayed', 'applied']);
  });

  test.each([
    ['frozen', 'accountFrozen'],
    ['closed', 'accountClosed'],
  ] as const)('is refused by a %s account, unless it was made before', (accountStatus, kind) => {
    const shard = new LedgerShard([row({ availableMinor: 100n })]);
    shard.run([deduct({ requestId: 'before' })]);
    const known = shard.rows.get('acme 0');
    shard.write(
      changesOf({
        nowUs: 0,
        subAccounts: known ? [{ ...known, accountStatus, accountStatusVersion: 2 }] : [],
      }),
    );
    expect(kinds(shard.run([deduct({ requestId: 'after' }), deduct({ requestId: 'before' })]))).toEqual([
      kind,
      'replayed',
    ]);
  });

  test('replays by key alone, wherever and whenever it is routed to', () => {
    const shard = new LedgerShard([row({ availableMinor: 10n }), row({ index: 5 })]);
    const [first] = shard.run([deduct({ requestId: 'a', subAccount: 0 })]).outcomes;
    const [second] = shard.run([deduct({ requestId: 'a', subAccount: 5, epoch: 9 })]).outcomes;
    expect(second).toEqual({ kind: 'replayed', entry: first?.kind === 'applied' ? first.entry : undefined });
  });

  test('tells keys apart by every character and by account', () => {
    const shard = new LedgerShard([
      row({ availableMinor: 100n }),
      row({ accountId: 'Acme', availableMinor: 100n }),
    ]);
    const outcomes = shard.run([
      deduct({ requestId: 'abc' }),
      deduct({ requestId: 'ABC' }),
      deduct({ requestId: 'abc', accountId: 'Acme' }),
    ]);
    expect(kinds(outcomes)).toEqual(['applied', 'applied', 'applied']);
  });

  test('finds all the money of rows that are full to the limit', () => {
    const rows = Array.from({ length: 8 }, (_, index) =>
      row({ index, availableMinor: index === 0 ? 0n : BALANCE_MAX_MINOR / 8n }),
    );
    const shard = new LedgerShard(rows);
    expect(kinds(shard.run([deduct({ amountMinor: 10n ** 18n })]))).toEqual(['applied']);
    for (const each of shard.rows.values())
      expect(each.availableMinor).toBeLessThanOrEqual(BALANCE_MAX_MINOR);
  });

  test.each<[string, Partial<SubAccount>]>([
    ['a draining row', { availableMinor: 4n, state: 'draining' }],
    ['a closed row', { state: 'closed' }],
  ])('of %s borrows what it pays and no more, and leaves the row empty and closed', (_which, given) => {
    const rows = [row({ index: 0, ...given }), row({ index: 1, availableMinor: 50n })];
    const shard = new LedgerShard(rows);
    expect(kinds(shard.run([deduct({ amountMinor: 10n })]))).toEqual(['applied']);
    expect(shard.rows.get('acme 0')).toMatchObject({ availableMinor: 0n, state: 'closed' });
  });

  test('that empties a draining row closes it, unless something is held there', () => {
    const rows = [
      row({ index: 0, availableMinor: 10n, state: 'draining' }),
      row({ index: 1, availableMinor: 10n, heldMinor: 1n, state: 'draining' }),
    ];
    const { changes } = new LedgerShard(rows).run([
      deduct({ requestId: 'a', subAccount: 0 }),
      deduct({ requestId: 'b', subAccount: 1 }),
    ]);
    expect(changes.subAccounts).toMatchObject([{ state: 'closed' }, { state: 'draining' }]);
  });
});

function kinds({ outcomes }: ReturnType<LedgerShard['run']>): string[] {
  return outcomes.map((outcome) => outcome.kind);
}
