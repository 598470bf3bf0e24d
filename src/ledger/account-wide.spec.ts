import { credit, deduct, fence, layout, level, row, setStatus, transferIn } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { Outcome } from './outcome';
import type { SubAccount } from './sub-account';

describe('a fence', () => {
  test('lifts every row of its account, and turns back what was routed by an older placement from then on', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 50n }),
      row({ index: 1, availableMinor: 50n, epoch: 2 }),
      row({ accountId: 'other', availableMinor: 50n }),
    ]);
    expect(shard.run([fence({ epoch: 2 })]).outcomes).toEqual([{ kind: 'settled' }]);
    expect(
      shard.run([
        deduct({ requestId: 'a', subAccount: 0 }),
        credit({ requestId: 'b', subAccount: 1 }),
        deduct({ requestId: 'c', epoch: 2 }),
        deduct({ requestId: 'd', epoch: 3 }),
        deduct({ requestId: 'e', accountId: 'other' }),
      ]).outcomes,
    ).toMatchObject([
      { kind: 'fenced', epoch: 2 },
      { kind: 'fenced', epoch: 2 },
      { kind: 'applied' },
      { kind: 'applied' },
      { kind: 'applied' },
    ]);
  });

  test('holds from its place in the batch on', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    const outcomes = shard.run([deduct({ requestId: 'a' }), fence(), deduct({ requestId: 'b' })]).outcomes;
    expect(kinds(outcomes)).toEqual(['applied', 'settled', 'fenced']);
  });

  test('lets replays and money in transit pass', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    shard.run([deduct({ requestId: 'done' })]);
    shard.run([fence({ epoch: 9 })]);
    expect(kinds(shard.run([transferIn(), deduct({ requestId: 'done', epoch: 9 })]).outcomes)).toEqual([
      'arrived',
      'replayed',
    ]);
  });

  test.each([1, 2, 3])('at epoch %i, late or again, writes nothing to rows at epoch 3', (epoch) => {
    const shard = new LedgerShard([row({ epoch: 3 })]);
    expect(shard.run([fence({ epoch })])).toMatchObject({
      outcomes: [{ kind: 'settled' }],
      changes: { subAccounts: [] },
    });
  });

  test('raises no outside version, so that it disturbs no reading', () => {
    const shard = new LedgerShard([row({ version: 4, outsideVersion: 2 })]);
    expect(shard.run([fence()]).changes.subAccounts).toMatchObject([{ version: 5, outsideVersion: 2 }]);
  });
});

describe('a layout', () => {
  test('opens the rows in use; of the others, those with money or holds drain and the rest are closed', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 5n }),
      row({ index: 1, availableMinor: 5n }),
      row({ index: 2, heldMinor: 5n }),
      row({ index: 3 }),
      row({ index: 4, state: 'closed' }),
      row({ index: 5, availableMinor: 5n, state: 'draining' }),
    ]);
    shard.run([layout([0, 4, 5], { operation: 7, epoch: 3 })]);
    expect(statesOf(shard)).toEqual(['open', 'draining', 'draining', 'closed', 'open', 'open']);
    for (const each of shard.rows.values()) expect(each).toMatchObject({ operation: 7, epoch: 3 });
  });

  test.each([
    ['an older operation', 6],
    ['the same operation again', 7],
  ])('of %s leaves the rows as they are', (_which, operation) => {
    const shard = new LedgerShard([row({ operation: 7, epoch: 3, version: 2 })]);
    expect(shard.run([layout([], { operation, epoch: 9 })]).changes.subAccounts).toEqual([]);
  });

  test('lifts epochs and never lowers one', () => {
    const shard = new LedgerShard([row({ index: 0, epoch: 2 }), row({ index: 1, epoch: 8 })]);
    shard.run([layout([0, 1], { epoch: 5 })]);
    expect([...shard.rows.values()].map((each) => each.epoch)).toEqual([5, 8]);
  });

  test('judges each row by itself: one that is ahead keeps what it was told', () => {
    const shard = new LedgerShard([row({ index: 0, operation: 9 }), row({ index: 1, operation: 3 })]);
    shard.run([layout([], { operation: 4 })]);
    expect(statesOf(shard)).toEqual(['open', 'closed']);
  });

  test('says nothing of rows it names that do not exist', () => {
    const shard = new LedgerShard([row()]);
    shard.run([layout([0, 1, 2])]);
    expect([...shard.rows.keys()]).toEqual(['acme 0']);
  });

  test('leaves draining rows paying', () => {
    const shard = new LedgerShard([row({ availableMinor: 10n })]);
    expect(kinds(shard.run([layout([]), deduct({ amountMinor: 4n })]).outcomes)).toEqual([
      'settled',
      'applied',
    ]);
    expect(shard.rows.get('acme 0')).toMatchObject({ state: 'draining', availableMinor: 6n });
  });
});

describe('a status', () => {
  test('reaches every row of its account, frozen for debits, and lifts nothing but versions', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 50n, outsideVersion: 1 }),
      row({ index: 1, availableMinor: 50n, state: 'draining' }),
    ]);
    shard.run([setStatus({ status: 'frozen', version: 2 })]);
    expect(
      kinds(
        shard.run([
          deduct({ requestId: 'a', subAccount: 0 }),
          deduct({ requestId: 'b', subAccount: 1 }),
          credit({ requestId: 'c' }),
        ]).outcomes,
      ),
    ).toEqual(['accountFrozen', 'accountFrozen', 'applied']);
    expect(statesOf(shard)).toEqual(['open', 'draining']);
    expect(shard.rows.get('acme 1')).toMatchObject({ epoch: 1, version: 1, outsideVersion: 0 });
  });

  test.each<{ known: number; told: number; is: SubAccount['accountStatus'] }>([
    { known: 5, told: 6, is: 'closed' },
    { known: 5, told: 5, is: 'frozen' },
    { known: 5, told: 4, is: 'frozen' },
  ])('of version $told, told to rows that know $known, leaves them $is', ({ known, told, is }) => {
    const shard = new LedgerShard([row({ accountStatus: 'frozen', accountStatusVersion: known })]);
    shard.run([setStatus({ status: 'closed', version: told })]);
    expect(shard.rows.get('acme 0')).toMatchObject({
      accountStatus: is,
      accountStatusVersion: Math.max(known, told),
    });
  });

  test('may come back to what it was', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    const outcomes = shard.run([
      setStatus({ status: 'frozen', version: 2 }),
      deduct({ requestId: 'a' }),
      setStatus({ status: 'active', version: 3 }),
      deduct({ requestId: 'b' }),
    ]).outcomes;
    expect(kinds(outcomes)).toEqual(['settled', 'accountFrozen', 'settled', 'applied']);
  });
});

describe('leveling', () => {
  test('empties draining rows, closes them, and writes each move with the versions it made', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 10n, version: 3, outsideVersion: 2 }),
      row({ index: 1, availableMinor: 30n, version: 5, state: 'draining' }),
    ]);
    const { outcomes, changes } = shard.run([level()]);
    expect(outcomes).toEqual([{ kind: 'leveled', strandedMinor: 0n }]);
    expect(changes.localMoves).toEqual([
      {
        accountId: 'acme',
        transferId: 'draw 1 6',
        amountMinor: 30n,
        fromSubAccount: 1,
        toSubAccount: 0,
        fromVersion: 6,
        toVersion: 4,
      },
    ]);
    expect(shard.rows.get('acme 0')).toMatchObject({
      availableMinor: 40n,
      movedMinor: 30n,
      outsideVersion: 2,
    });
    expect(shard.rows.get('acme 1')).toMatchObject({ availableMinor: 0n, movedMinor: -30n, state: 'closed' });
  });

  test('leaves a row draining for what it holds', () => {
    const shard = new LedgerShard([
      row({ index: 0 }),
      row({ index: 1, availableMinor: 5n, heldMinor: 7n, state: 'draining' }),
    ]);
    expect(shard.run([level()]).outcomes).toEqual([{ kind: 'leveled', strandedMinor: 0n }]);
    expect(shard.rows.get('acme 1')).toMatchObject({ availableMinor: 0n, heldMinor: 7n, state: 'draining' });
  });

  test('closes a draining row that was empty already', () => {
    const shard = new LedgerShard([row({ index: 1, state: 'draining', version: 4 })]);
    expect(shard.run([level()]).changes.subAccounts).toMatchObject([{ state: 'closed', version: 5 }]);
  });

  test('says what is stranded where no row is open, and moves nothing', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 5n, state: 'draining' }),
      row({ index: 1, availableMinor: 6n, heldMinor: 1n, state: 'draining' }),
      row({ index: 2, state: 'closed' }),
    ]);
    expect(shard.run([level()])).toMatchObject({
      outcomes: [{ kind: 'leveled', strandedMinor: 11n }],
      changes: { subAccounts: [], localMoves: [] },
    });
  });

  test('waits, unless it is asked to be exact, until a row is far below the others', () => {
    const rows = [row({ index: 0, availableMinor: 60n }), row({ index: 1, availableMinor: 100n })];
    expect(new LedgerShard(rows).run([level({ exactly: false })]).changes.localMoves).toEqual([]);
    expect(new LedgerShard(rows).run([level({ exactly: true })]).changes.localMoves).toMatchObject([
      { amountMinor: 20n, fromSubAccount: 1, toSubAccount: 0 },
    ]);
  });

  test('again at once does nothing', () => {
    const shard = new LedgerShard(
      [7n, 100n, 3n].map((availableMinor, index) => row({ index, availableMinor })),
    );
    shard.run([level()]);
    expect(shard.run([level()]).changes.subAccounts).toEqual([]);
  });
});

test('what concerns a whole account is settled where it has no rows', () => {
  const shard = new LedgerShard([row({ accountId: 'other', availableMinor: 1n, state: 'draining' })]);
  const { outcomes, changes } = shard.run([fence(), layout([0]), setStatus(), level()]);
  expect(kinds(outcomes)).toEqual(['settled', 'settled', 'settled', 'leveled']);
  expect(changes.subAccounts).toEqual([]);
});

function statesOf(shard: LedgerShard): string[] {
  return [...shard.rows.values()].map((each) => each.state);
}

function kinds(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((outcome) => outcome.kind);
}
