import { changesOf } from '../../../test/models/changes';
import { credit, deduct, row, transferIn } from '../../../test/models/commands';
import { always, ScriptedFaults } from '../../../test/models/scripted-faults';
import { TestClock } from '../../../test/models/test-clock';
import type { Changes } from '../../ledger/shard-state';
import type { SubAccount } from '../../ledger/sub-account';
import { ShardUnavailableError } from '../faults';
import { NO_HINT } from '../shard';
import { MemoryBatchStore } from './memory-batch-store';
import { MemoryDatabase } from './memory-database';
import { MemoryShard } from './memory-shard';

const NEWEST = { createdAtUs: Number.MAX_SAFE_INTEGER, shard: '~', subAccount: 0, version: 0 };

describe('a transaction in memory', () => {
  test('is seen by nobody before it commits, and whole after that', async () => {
    const { database, shard } = shardWith([row({ availableMinor: 50n })]);
    const seen: unknown[] = [];
    const store = new MemoryBatchStore(database, async (step) => {
      if (step === 'beforeCommit' || step === 'afterCommit') {
        const [stored] = await shard.listSubAccounts('acme');
        seen.push([step, stored?.availableMinor, (await shard.findEntry('acme', 'r1'))?.amountMinor]);
      }
      return undefined;
    });
    const transaction = await store.begin();
    await transaction.commit(
      changesOf({ subAccounts: [row({ availableMinor: 40n })], entries: [entry('r1')] }),
    );

    expect(seen).toEqual([
      ['beforeCommit', 50n, undefined],
      ['afterCommit', 40n, 10n],
    ]);
  });

  test('waits for the one before it on a row that both name, and for nobody on another', async () => {
    const { database } = shardWith([row({ index: 0 }), row({ index: 1 })]);
    const store = new MemoryBatchStore(database);
    const order: string[] = [];
    const lock = async (indices: number[], said: string) => {
      const transaction = await store.begin();
      await transaction.lock({ rows: new Map([['acme', new Set(indices)]]), wholeAccounts: new Set() });
      order.push(said);
      return transaction;
    };
    const first = await lock([0], 'first holds 0');
    const second = lock([0], 'second holds 0');
    await lock([1], 'third holds 1');
    await settle();
    order.push('first ends');
    await first.rollback();
    await second;
    expect(order).toEqual(['first holds 0', 'third holds 1', 'first ends', 'second holds 0']);
  });

  test('gives up a lock that is not granted in time, and is in nobody’s way then', async () => {
    const timers: (() => void)[] = [];
    const later = (_ms: number, run: () => void) => {
      timers.push(run);
      return () => undefined;
    };
    const database = new MemoryDatabase('s0', () => 0, { msMax: 2_000, later });
    database.account('acme').rows.set(0, row({ index: 0 }));
    const [first, second, third] = [database.begin({}), database.begin({}), database.begin({})];
    const client = {};
    const mine = database.begin(client);
    await database.lockRows(mine, 'acme', () => true);
    const late = database.lockRows(first, 'acme', () => true);
    timers[0]?.();
    await expect(late).rejects.toMatchObject({ code: 'SHARD_FAULT', verdict: 'again' });
    const gone = database.lockRows(second, 'acme', () => true);
    const waiting = database.lockRows(third, 'acme', () => true);
    database.disconnect(client);
    expect(() => {
      database.assertOpen(client, mine);
    }).toThrow('the connection is lost');
    expect(await gone).toHaveLength(1);
    expect(await Promise.race([waiting, Promise.resolve('still waiting')])).toBe('still waiting');
  });

  test('locks what it names, in order, and reads a clock that only rises', async () => {
    const { database } = shardWith([
      row({ index: 4 }),
      row({ index: 1 }),
      row({ index: 2 }),
      row({ accountId: 'aaa', index: 7 }),
      row({ accountId: 'zzz' }),
    ]);
    const transaction = await new MemoryBatchStore(database).begin();
    const rows = new Map([
      ['acme', new Set([4, 1])],
      ['aaa', new Set([9])],
    ]);
    const locked = await transaction.lock({ rows, wholeAccounts: new Set(['aaa']) });

    expect(locked.rows.map(({ accountId, index }) => `${accountId} ${index}`)).toEqual([
      'aaa 7',
      'acme 1',
      'acme 4',
    ]);
    expect((await transaction.lock({ rows, wholeAccounts: new Set() })).nowUs).toBeGreaterThan(locked.nowUs);
  });

  test.each<[string, Partial<Changes>]>([
    ['an entry under a key that is there', { entries: [entry('old')] }],
    ['two entries under one key', { entries: [entry('new'), entry('new')] }],
    ['a transfer that has arrived', { arrivals: [arrival('here')] }],
    ['a transfer that has left', { departures: [departure('gone')] }],
    ['a transfer that leaves twice', { departures: [departure('new'), departure('new')] }],
  ])('is refused whole for %s', async (_why, changes) => {
    const { database } = shardWith([row({ availableMinor: 50n })]);
    database.write(
      changesOf({ entries: [entry('old')], arrivals: [arrival('here')], departures: [departure('gone')] }),
    );
    const transaction = await new MemoryBatchStore(database).begin();
    const refused = transaction.commit(changesOf({ subAccounts: [row({ availableMinor: 1n })], ...changes }));

    await expect(refused).rejects.toMatchObject({ verdict: 'lookUpKeys' });
    await transaction.rollback();
    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(50n);
    expect([...database.account('acme').entries.keys()]).toEqual(['old']);
  });

  test.each<[string, SubAccount]>([
    ['less than nothing available', row({ availableMinor: -1n })],
    ['less than nothing held', row({ heldMinor: -1n })],
    ['more than 64 bits', row({ netMinor: 2n ** 63n })],
    ['no row to change', row({ index: 8 })],
  ])('is refused as a defect for %s', async (_why, broken) => {
    const { database } = shardWith([row({ availableMinor: 50n })]);
    const transaction = await new MemoryBatchStore(database).begin();
    await expect(
      transaction.commit(changesOf({ subAccounts: [broken], entries: [entry('new')] })),
    ).rejects.toMatchObject({
      verdict: 'defect',
    });
    expect(database.account('acme').entries.size).toBe(0);
  });

  test.each<[string, Partial<Changes>]>([
    ['a key that is longer than its column', { entries: [entry('k'.repeat(225))] }],
    ['a transfer of nothing', { departures: [{ ...departure('t'), amountMinor: 0n }] }],
  ])('is refused as a defect for %s', (_why, changes) => {
    const { database } = shardWith([]);
    expect(() => {
      database.write(changesOf(changes));
    }).toThrow(/: defect: /);
    expect(database.account('acme').entries.size + database.account('acme').transfers.size).toBe(0);
  });

  test('ends before any later look at the clock, however many entries it has', () => {
    const { database } = shardWith([]);
    const nowUs = database.nowUs();
    const entries = ['a', 'b', 'c'].map((id, place) => ({ ...entry(id), createdAtUs: nowUs + place }));
    database.write(changesOf({ nowUs, entries }));
    expect(database.nowUs()).toBeGreaterThan(nowUs + entries.length);
  });

  test('may share a transfer id between its two halves, as a transfer within one shard does', () => {
    const { database } = shardWith([]);
    database.write(changesOf({ departures: [departure('t')], arrivals: [arrival('t')] }));
    expect(database.account('acme').transfers.size).toBe(2);
  });

  test('finds what has left and what has arrived, each under its own direction', async () => {
    const { database } = shardWith([]);
    database.write(changesOf({ departures: [departure('gone')], arrivals: [arrival('here')] }));
    const transaction = await new MemoryBatchStore(database).begin();
    const ids = new Map([['acme', ['gone', 'here', 'nowhere']]]);
    const found = await transaction.lookUp({
      requestIds: new Map(),
      arrivalIds: ids,
      departureIds: ids,
      holdIds: new Map(),
      reversedIds: new Map(),
      intakeIds: new Map(),
    });

    const { accountId, amountMinor, fromSubAccount, toSubAccount, toShard } = departure('gone');
    expect(found.departures).toEqual([
      { accountId, transferId: 'gone', amountMinor, fromSubAccount, toSubAccount, toShard },
    ]);
    expect(found.arrivals).toMatchObject([{ accountId: 'acme', transferId: 'here' }]);
  });

  test('keeps the versions that a transfer made of the rows it names here', () => {
    const { database } = shardWith([]);
    const move = { ...departure('move'), fromVersion: 5, toVersion: 7 };
    database.write(
      changesOf({ departures: [departure('out')], arrivals: [arrival('in')], localMoves: [move] }),
    );
    const stored = [...database.account('acme').transfers.values()];
    expect(stored.map((each) => [each.direction, each.fromVersion, each.toVersion])).toEqual([
      ['out', 1, null],
      ['in', null, 1],
      ['local', 5, 7],
    ]);
  });
});

describe('a shard in memory', () => {
  test('creates a missing row as the account is described, and leaves existing ones alone', async () => {
    const { shard } = shardWith([row({ availableMinor: 5n })]);
    await shard.createSubAccounts([seed(0), seed(3)]);
    await shard.applyBatch([credit({ subAccount: 8, amountMinor: 2n })], NO_HINT);

    expect(await shard.listSubAccounts('acme')).toMatchObject([
      { index: 0, availableMinor: 5n, epoch: 1 },
      { index: 3, availableMinor: 0n, epoch: 2 },
      { index: 8, availableMinor: 2n, epoch: 1, accountStatus: 'active' },
    ]);
  });

  test('sums an account in one reading', async () => {
    const { shard } = shardWith([
      row({ availableMinor: 7n, heldMinor: 2n, netMinor: 4n, outsideVersion: 3 }),
      row({ index: 1, availableMinor: 1n, netMinor: -6n, outsideVersion: 5 }),
      row({ accountId: 'other', availableMinor: 100n }),
    ]);
    expect((await shard.readBalances(['acme'])).get('acme')).toEqual({
      availableMinor: 8n,
      heldMinor: 2n,
      grantedMinor: 0n,
      overLimitRows: 0,
      netMinor: -2n,
      outsideVersion: 8n,
      rows: 2,
      inactiveRows: 0,
      epochMax: 1,
    });
    expect((await shard.readBalances(['nobody'])).get('nobody')).toMatchObject({ netMinor: 0n, rows: 0 });
  });

  test('lists departures until they are marked as arrived, by account, and only old enough ones', async () => {
    const { shard, clock } = shardWith([row(), row({ accountId: 'other' })]);
    const spreadOver = [{ shard: 's1', subAccount: 1, rows: 1 }];
    await shard.applyBatch([credit({ accountId: 'other', requestId: 'first', spreadOver })], NO_HINT);
    clock.pass(10);
    await shard.applyBatch([credit({ requestId: 'second', spreadOver })], NO_HINT);
    clock.pass(10);

    const all = await shard.pendingDepartures({ limit: 10, olderThanMs: 0 });
    expect(all).toEqual([
      { ...all[0], transferId: 'spread second 1', accountId: 'acme', fromSubAccount: 0, toSubAccount: 1 },
      {
        ...all[1],
        transferId: 'spread first 1',
        accountId: 'other',
        fromShard: 's0',
        toShard: 's1',
        amountMinor: 5n,
      },
    ]);
    const named = async (options: Parameters<typeof shard.pendingDepartures>[0]) =>
      (await shard.pendingDepartures(options)).map((departure) => departure.transferId);
    expect(await named({ limit: 1, olderThanMs: 0 })).toEqual(['spread second 1']);
    expect(await named({ limit: 9, olderThanMs: 0, after: all[0] })).toEqual(['spread first 1']);
    expect(await named({ limit: 9, olderThanMs: 0, toShards: ['s1'] })).toContain('spread first 1');
    expect(await named({ limit: 9, olderThanMs: 0, toShards: ['elsewhere'] })).toEqual([]);
    expect(await named({ limit: 9, olderThanMs: 15 })).toEqual(['spread first 1']);

    await shard.completeTransfers([{ accountId: 'other', transferId: 'spread first 1' }]);
    expect(await named({ limit: 9, olderThanMs: 0 })).toEqual(['spread second 1']);
  });

  test('lists departures that were written while its clock was ahead as old ones', async () => {
    const { shard, clock } = shardWith([row()]);
    const spreadOver = [{ shard: 's1', subAccount: 1, rows: 1 }];
    clock.pass(90_000);
    await shard.applyBatch([credit({ spreadOver })], NO_HINT);
    clock.pass(-90_000);
    for (const olderThanMs of [0, 2_000])
      expect(await shard.pendingDepartures({ limit: 9, olderThanMs })).toHaveLength(1);
  });

  test('lists entries newest first, page by page, and none twice', async () => {
    const { shard, clock } = shardWith([
      row({ availableMinor: 100n }),
      row({ index: 1, availableMinor: 100n }),
    ]);
    for (const number of [1, 2, 3]) {
      await shard.applyBatch(
        [deduct({ requestId: `d${number}` }), credit({ requestId: `c${number}`, subAccount: 1 })],
        NO_HINT,
      );
      clock.pass(1);
    }
    const listed: string[] = [];
    let before = NEWEST;
    for (;;) {
      const { entries: page } = await shard.listEntries({ accountId: 'acme', limit: 2, before });
      if (page.length === 0) break;
      listed.push(...page.map((each) => each.requestId));
      before = { ...(page.at(-1) ?? NEWEST), shard: 's0' };
    }
    expect(listed).toEqual(['c3', 'd3', 'c2', 'd2', 'c1', 'd1']);

    const kinds = ['credit'] as const;
    const { entries: credits } = await shard.listEntries({
      accountId: 'acme',
      limit: 9,
      before: NEWEST,
      kinds,
    });
    const [newest, middle] = credits.map((each) => each.createdAtUs);
    expect(credits.map((each) => each.requestId)).toEqual(['c3', 'c2', 'c1']);
    expect(
      await shard.listEntries({
        accountId: 'acme',
        limit: 9,
        before: NEWEST,
        fromUs: middle ?? 0,
        toUs: newest ?? 0,
      }),
    ).toMatchObject({ entries: [{ requestId: 'd3' }, { requestId: 'c2' }] });
  });

  test('lets no entry appear before a moment that it called settled', async () => {
    const { shard } = shardWith([row({ availableMinor: 50n })]);
    await shard.applyBatch([deduct({ requestId: 'before' })], NO_HINT);
    const settledUntilUs = await shard.settledUntilUs('acme');
    await shard.applyBatch([deduct({ requestId: 'after' })], NO_HINT);

    expect((await shard.findEntry('acme', 'before'))?.createdAtUs).toBeLessThan(settledUntilUs);
    expect((await shard.findEntry('acme', 'after'))?.createdAtUs).toBeGreaterThan(settledUntilUs);
  });

  test('answers "unavailable" where a database would, outside batches too', async () => {
    const faults = new ScriptedFaults({ read: always('unavailable'), beforeCommit: always('again') });
    const { shard } = shardWith([row()], faults);
    await expect(shard.ping()).rejects.toBeInstanceOf(ShardUnavailableError);
    await expect(shard.readBalances(['acme'])).rejects.toBeInstanceOf(ShardUnavailableError);
    await expect(shard.createSubAccounts([seed(5)])).rejects.toBeInstanceOf(ShardUnavailableError);
  });
});

function shardWith(rows: readonly SubAccount[], faults = new ScriptedFaults()) {
  const clock = new TestClock();
  const database = new MemoryDatabase('s0', () => clock.now() * 1_000);
  for (const each of rows) database.account(each.accountId).rows.set(each.index, each);
  const shard = new MemoryShard({
    database,
    surroundings: clock,
    describeAccount: () => Promise.resolve({ epoch: 1, accountStatus: 'active', accountStatusVersion: 1 }),
    interfere: faults.interfere,
  });
  return { database, shard, clock };
}

function entry(requestId: string): Changes['entries'][number] {
  const { accountId, amountMinor, fingerprint, reference, metadata, subAccount, epoch } = deduct({
    requestId,
  });
  const kind = 'deduction';
  return {
    accountId,
    requestId,
    kind,
    amountMinor,
    fingerprint,
    reference,
    metadata,
    subAccount,
    epoch,
    version: 1,
    createdAtUs: 1,
  };
}

function arrival(transferId: string): Changes['arrivals'][number] {
  return { ...transferIn({ transferId }), toVersion: 1 };
}

function departure(transferId: string): Changes['departures'][number] {
  const { accountId, amountMinor, fromSubAccount, toSubAccount } = transferIn();
  return { accountId, transferId, amountMinor, fromSubAccount, toSubAccount, toShard: 's1', fromVersion: 1 };
}

function seed(index: number) {
  return { accountId: 'acme', index, epoch: 2, accountStatus: 'active' as const, accountStatusVersion: 1 };
}

/** Lets everything run that does not wait for anything but promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
