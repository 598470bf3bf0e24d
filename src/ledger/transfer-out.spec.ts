import { credit, deduct, row, transferOut } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import { BALANCE_MAX_MINOR } from './money';
import type { SubAccount } from './sub-account';

describe('a transfer that leaves', () => {
  test('lowers what one row has and not what the account is worth, whichever row it is to go to', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n, version: 7, outsideVersion: 3 })]);
    const { outcomes, changes } = shard.run([
      transferOut({ transferId: 'pull 7', amountMaxMinor: 20n, toShard: 'far', toSubAccount: 5 }),
    ]);
    const departure = {
      accountId: 'acme',
      transferId: 'pull 7',
      amountMinor: 20n,
      fromSubAccount: 0,
      toSubAccount: 5,
      toShard: 'far',
    };
    expect(outcomes).toEqual([{ kind: 'departed', departure }]);
    expect(changes).toMatchObject({ entries: [], localMoves: [], arrivals: [] });
    expect(changes.departures).toEqual([{ ...departure, fromVersion: 8 }]);
    expect(changes.subAccounts).toMatchObject([
      { availableMinor: 30n, netMinor: 50n, movedMinor: -20n, version: 8, outsideVersion: 3 },
    ]);
  });

  test.each<{ what: string; rows: SubAccount[]; from: number; takes: bigint; leaves: bigint[] }>([
    { what: 'the richest row', rows: [open(50n), open(90n)], from: 1, takes: 40n, leaves: [50n, 50n] },
    {
      what: 'the first of equally rich rows',
      rows: [open(60n), open(60n)],
      from: 0,
      takes: 40n,
      leaves: [20n, 60n],
    },
    {
      what: 'a draining row, however poor, before any in use',
      rows: [open(90n), draining(40n)],
      from: 1,
      takes: 40n,
      leaves: [90n, 0n],
    },
    {
      what: 'the richest of several draining rows',
      rows: [draining(40n), open(0n), draining(60n)],
      from: 2,
      takes: 40n,
      leaves: [40n, 0n, 20n],
    },
    {
      what: 'a row in use when those out of use are empty',
      rows: [row({ state: 'closed' }), row({ heldMinor: 9n, state: 'draining' }), open(50n)],
      from: 2,
      takes: 40n,
      leaves: [0n, 0n, 10n],
    },
    {
      what: 'a row that first draws on the others down to the mean of what remains, when it has less itself',
      rows: [open(30n), open(30n), open(10n)],
      from: 0,
      takes: 40n,
      leaves: [10n, 10n, 10n],
    },
    {
      what: 'a draining row that draws on those in use what it lacks, and keeps nothing',
      rows: [open(50n), draining(10n), open(0n)],
      from: 1,
      takes: 40n,
      leaves: [20n, 0n, 0n],
    },
  ])('is taken from $what', ({ rows, from, takes, leaves }) => {
    const shard = new LedgerShard(rows.map((each, index) => ({ ...each, index })));
    const { outcomes } = shard.run([transferOut({ amountMaxMinor: takes })]);
    expect(outcomes).toMatchObject([{ departure: { fromSubAccount: from, amountMinor: takes } }]);
    expect(leaves.map((_, index) => shard.rows.get(`acme ${index}`)?.availableMinor)).toEqual(leaves);
  });

  test('is one departure of all there is when there is less than was asked for', () => {
    const shard = new LedgerShard([row({ availableMinor: 3n }), row({ index: 1, availableMinor: 4n })]);
    expect(shard.run([transferOut({ amountMaxMinor: 100n })]).outcomes).toMatchObject([
      { departure: { amountMinor: 7n } },
    ]);
    expect(shard.sum('acme', (each) => each.availableMinor)).toBe(0n);
  });

  test('takes available money only, and no more than one row can take at the other end', () => {
    const rows = [0, 1].map((index) => row({ index, availableMinor: BALANCE_MAX_MINOR - 5n, heldMinor: 5n }));
    const shard = new LedgerShard(rows);
    const { outcomes } = shard.run([transferOut({ amountMaxMinor: 2n * BALANCE_MAX_MINOR })]);
    expect(outcomes).toMatchObject([{ departure: { amountMinor: BALANCE_MAX_MINOR } }]);
    expect(shard.sum('acme', (each) => each.heldMinor)).toBe(10n);
  });

  test('closes a draining row that it empties, and records the draws that came before it', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 50n, version: 2 }),
      row({ index: 1, availableMinor: 10n, version: 8, state: 'draining' }),
    ]);
    const { changes } = shard.run([transferOut({ amountMaxMinor: 40n })]);
    expect(changes.localMoves).toMatchObject([
      { transferId: 'draw 0 3', amountMinor: 30n, fromVersion: 3, toVersion: 9 },
    ]);
    expect(changes.departures).toMatchObject([{ fromSubAccount: 1, amountMinor: 40n, fromVersion: 10 }]);
    expect(shard.rows.get('acme 1')).toMatchObject({ availableMinor: 0n, movedMinor: -10n, state: 'closed' });
  });

  test('leaves once, in one batch or in two, and is answered alike, whatever is asked for under its id', () => {
    const shard = new LedgerShard([row({ availableMinor: 50n })]);
    const [first, second] = shard.run([transferOut(), transferOut({ amountMaxMinor: 30n })]).outcomes;
    const [third] = shard.run([transferOut({ amountMaxMinor: 50n, toShard: 'elsewhere' })]).outcomes;
    expect(first).toMatchObject({ kind: 'departed', departure: { amountMinor: 10n, toShard: 'far' } });
    expect([second, third]).toEqual([first, first]);
    expect(shard.rows.get('acme 0')?.availableMinor).toBe(40n);
  });

  test('that left is remembered when nothing is left to take', () => {
    const shard = new LedgerShard([row({ availableMinor: 10n })]);
    const [first] = shard.run([transferOut()]).outcomes;
    expect(shard.run([transferOut()]).outcomes).toEqual([first]);
    expect(shard.run([transferOut({ transferId: 'pull 2' })]).outcomes).toEqual([
      { kind: 'departed', departure: undefined },
    ]);
  });

  test('took nothing, and left no trace: the same id may take something later', () => {
    const shard = new LedgerShard([row({ heldMinor: 9n })]);
    const { outcomes, changes } = shard.run([transferOut()]);
    expect(outcomes).toEqual([{ kind: 'departed', departure: undefined }]);
    expect(changes).toMatchObject({ subAccounts: [], departures: [] });
    shard.run([credit({ amountMinor: 4n })]);
    expect(shard.run([transferOut()]).outcomes).toMatchObject([{ departure: { amountMinor: 4n } }]);
  });

  test('finds nothing on a shard where the account has no rows', () => {
    expect(new LedgerShard().run([transferOut()]).outcomes).toEqual([
      { kind: 'departed', departure: undefined },
    ]);
  });

  test('is judged on what the commands before it in the batch left behind', () => {
    const shard = new LedgerShard([row({ availableMinor: 10n })]);
    const { outcomes } = shard.run([
      deduct({ requestId: 'a', amountMinor: 4n }),
      transferOut({ amountMaxMinor: 10n }),
      deduct({ requestId: 'b', amountMinor: 1n }),
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'applied' },
      { kind: 'departed', departure: { amountMinor: 6n } },
      { kind: 'insufficientFunds' },
    ]);
  });

  test.each<[string, Partial<SubAccount>]>([
    ['a frozen account', { accountStatus: 'frozen' }],
    ['a closed account', { accountStatus: 'closed' }],
    ['a row that is ahead of every placement', { epoch: 99 }],
  ])('is not turned back by %s: money may always move inside the account', (_where, given) => {
    const shard = new LedgerShard([row({ availableMinor: 10n, ...given })]);
    expect(shard.run([transferOut()]).outcomes).toMatchObject([{ departure: { amountMinor: 10n } }]);
  });
});

function open(availableMinor: bigint): SubAccount {
  return row({ availableMinor });
}

function draining(availableMinor: bigint): SubAccount {
  return row({ availableMinor, state: 'draining' });
}
