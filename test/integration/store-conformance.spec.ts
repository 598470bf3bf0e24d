import type { TransferInCommand } from '../../src/ledger/command';
import type { Entry } from '../../src/ledger/entry';
import type { Outcome } from '../../src/ledger/outcome';
import { InvariantViolation, ShardFault } from '../../src/shards/faults';
import { RETRY_POLICY } from '../../src/shards/run-batch';
import { type EntryStand, type EntrySum, NO_HINT } from '../../src/shards/shard';
import { fence, reverse, setStatus } from '../models/commands';
import { EVERY_STORE } from '../setup/every-store';
import {
  applyWhenFree,
  creditOf as credit,
  deductOf as deduct,
  ShardUnderTest,
} from '../setup/shard-under-test';

/** What every store must do alike: on its real database, or in memory. */
describe.each(EVERY_STORE)('[$mark] a shard', ({ mark, locksRows, makeSite }) => {
  const on = ShardUnderTest.each({ makeSite });
  const { run, kinds, rows, balances, balanceOf, besides } = on;

  describe('one key, one effect', () => {
    it('applies a deduction once and replays it with the same entry', async () => {
      await run(credit('fund', 100n));
      const [first] = await run(deduct('k', 30n));
      const [again] = await run(deduct('k', 30n));
      expect(first?.kind).toBe('applied');
      expect(again).toEqual({
        kind: 'replayed',
        entry: (first as Extract<Outcome, { kind: 'applied' }>).entry,
      });
      expect(await balances()).toEqual([70n]);
    });

    it('applies a key that stands twice in a batch once', async () => {
      expect(await kinds(credit('fund', 100n), deduct('k', 30n), deduct('k', 30n))).toEqual([
        'applied',
        'applied',
        'replayed',
      ]);
      expect(await balances()).toEqual([70n]);
    });

    it('names a key that was used with other parameters or for another kind, and does nothing', async () => {
      await run(credit('fund', 100n), deduct('k', 30n));
      expect(await kinds(deduct('k', 31n), credit('k', 30n))).toEqual(['keyReused', 'keyReused']);
      expect(await balances()).toEqual([70n]);
    });

    it('tells keys and accounts apart by case and by every printable character', async () => {
      await run(credit('fund', 100n));
      const keys = [
        'abc',
        'ABC',
        "a'b",
        'a"b',
        'a\\b',
        'a%b',
        'a_b',
        '`',
        '--',
        ';',
        "\\'",
        'a,b',
        '{}',
        '?',
      ];
      expect(await kinds(...keys.map((key) => deduct(key, 1n)))).toEqual(keys.map(() => 'applied'));
      expect(await kinds(...keys.map((key) => deduct(key, 1n)))).toEqual(keys.map(() => 'replayed'));
      const found = await Promise.all(keys.map((key) => on.shard.findEntry('acme', key)));
      expect(found.map((entry) => entry?.requestId)).toEqual(keys);
      expect(await on.shard.findEntry('ACCT', 'abc')).toBeUndefined();
    });

    it('replays the deduction that took the last of the money, instead of refusing its retry', async () => {
      await run(credit('fund', 100n), deduct('last', 100n));
      expect(await kinds(deduct('last', 100n), deduct('other', 1n))).toEqual([
        'replayed',
        'insufficientFunds',
      ]);
    });

    it('lets one of fifty racing tries through, over two instances', async () => {
      await run(credit('fund', 1_000n));
      const outcomes = await besides((other) =>
        Promise.all(
          Array.from({ length: 50 }, (_, n) =>
            applyWhenFree(n % 2 === 0 ? on.shard : other, [deduct('k', 7n)]),
          ),
        ),
      );
      const found = outcomes.map(({ outcomes: [outcome] }) => outcome?.kind).sort();
      expect(found).toEqual(['applied', ...Array.from({ length: 49 }, () => 'replayed')]);
      expect(await balances()).toEqual([993n]);
    });

    it('finds the one key that exists among the many of a batch, and writes each of the others as it is', async () => {
      await run(credit('fund', 1_000n), deduct('key-20', 21n));
      const batch = Array.from({ length: 40 }, (_, n) => deduct(`key-${n}`, BigInt(n + 1)));
      const expected = batch.map(({ requestId }) => (requestId === 'key-20' ? 'replayed' : 'applied'));
      expect(await kinds(...batch)).toEqual(expected);
      expect(await balances()).toEqual([1_000n - 820n]);
      const entries = await on.shard.findEntries(
        'acme',
        batch.map(({ requestId }) => requestId),
      );
      expect(new Map(entries.map(({ requestId, amountMinor }) => [requestId, amountMinor]))).toEqual(
        new Map(batch.map(({ requestId, amountMinor }) => [requestId, amountMinor])),
      );
    });

    it('keeps overlapping batches of two instances exact, in whatever order their keys come', async () => {
      await run(credit('fund', 1_000n, 0), credit('fund1', 1_000n, 1));
      // The same key always names the same row, as routing would have it.
      const forth = Array.from({ length: 40 }, (_, n) => deduct(`key-${n}`, 1n, n % 2));
      const back = [...forth].reverse();
      const rounds = await besides((other) =>
        Promise.all([
          applyWhenFree(on.shard, forth),
          applyWhenFree(other, back),
          on.shard.applyBatch(back, { lookUpKeys: true, wholeAccounts: new Set(['acme']) }),
          applyWhenFree(other, forth),
        ]),
      );
      const all = rounds.flatMap(({ outcomes }) => outcomes.map(({ kind }) => kind));
      expect(all.filter((kind) => kind === 'applied')).toHaveLength(forth.length);
      expect(all.filter((kind) => kind === 'replayed')).toHaveLength(3 * forth.length);
      expect(await balances()).toEqual([980n, 980n]);
    });
  });

  describe('money', () => {
    it('draws on siblings in the same transaction, up to the last unit, and then refuses', async () => {
      await run(credit('f0', 10n, 0), credit('f1', 10n, 1), credit('f2', 10n, 2));
      expect(await kinds(deduct('big', 25n, 1))).toEqual(['applied']);
      expect((await balances()).reduce((sum, balance) => sum + balance, 0n)).toBe(5n);
      expect(await kinds(deduct('rest', 5n, 2), deduct('more', 1n, 0))).toEqual([
        'applied',
        'insufficientFunds',
      ]);
      expect(await balances()).toEqual([0n, 0n, 0n]);
      for (const row of await rows())
        expect(row.availableMinor + row.heldMinor).toBe(row.netMinor + row.movedMinor);
    });

    it('changes nothing by a refusal', async () => {
      await run(credit('fund', 10n));
      const before = await rows();
      expect(await kinds(deduct('k', 11n))).toEqual(['insufficientFunds']);
      expect(await rows()).toEqual(before);
      expect(await on.shard.findEntry('acme', 'k')).toBeUndefined();
      await run(credit('fund2', 1n));
      expect(await kinds(deduct('k', 11n))).toEqual(['applied']);
    });

    it('is exact beyond 2^53, in rows, entries and sums', async () => {
      const amount = 10n ** 18n - 1n;
      await run(...Array.from({ length: 8 }, (_, n) => credit(`f${n}`, amount, n % 2)));
      expect(await balances()).toEqual([4n * amount, 4n * amount]);
      expect((await on.shard.findEntry('acme', 'f1'))?.amountMinor).toBe(amount);
      expect(await balanceOf('acme')).toMatchObject({
        availableMinor: 8n * amount,
        heldMinor: 0n,
        netMinor: 8n * amount,
      });
    });

    it('refuses a credit that would lift a row past 9·10^18', async () => {
      await run(...Array.from({ length: 9 }, (_, n) => credit(`f${n}`, 10n ** 18n)));
      expect(await kinds(credit('one', 1n))).toEqual(['balanceLimitExceeded']);
      expect(await kinds(credit('f8', 10n ** 18n))).toEqual(['replayed']);
    });

    it('keeps net and moved modulo 2^64: credit at A, spend at B, round after round', async () => {
      const amount = 10n ** 18n;
      for (let round = 0; round < 30; round += 1) {
        await run(credit(`c${round}`, amount, 0), deduct(`d${round}`, amount, 1));
      }
      expect(await balances()).toEqual([0n, 0n]);
      expect(BigInt.asIntN(64, (await balanceOf('acme'))?.netMinor ?? 1n)).toBe(0n);
    });

    it('reads balances of several accounts at once, each its own', async () => {
      const ids = Array.from({ length: 70 }, (_, n) => `many-${n}`);
      await on.shard.createSubAccounts(
        ids.slice(0, 60).map((accountId) => ({
          accountId,
          index: 0,
          epoch: 1,
          accountStatus: 'active',
          accountStatusVersion: 1,
        })),
      );
      await run(
        ...ids.slice(0, 50).map((accountId, n) => ({ ...credit(`m${n}`, BigInt(n + 1)), accountId })),
      );
      const found = await on.shard.readBalances(ids);
      expect([...found.keys()].sort()).toEqual([...ids].sort());
      expect(ids.map((accountId) => found.get(accountId)?.availableMinor)).toEqual(
        ids.map((_, n) => (n < 50 ? BigInt(n + 1) : 0n)),
      );
      expect(ids.map((accountId) => found.get(accountId)?.rows)).toEqual(ids.map((_, n) => (n < 60 ? 1 : 0)));
    });

    it('knows balances of an account it has no rows of: nothing', async () => {
      expect(await balanceOf('nobody')).toEqual({
        availableMinor: 0n,
        heldMinor: 0n,
        netMinor: 0n,
        grantedMinor: 0n,
        outsideVersion: 0n,
        rows: 0,
        epochMax: 0,
        inactiveRows: 0,
        overLimitRows: 0,
      });
    });

    it('keeps references and metadata as they were sent', async () => {
      const odd = {
        reference: `it's "odd" \\ %_ 漢字 🙂\n`,
        metadata: JSON.stringify({ 'k"\\': `v'\u0000🙂` }),
      };
      await run(credit('fund', 10n), { ...deduct('k', 1n), ...odd });
      expect(await on.shard.findEntry('acme', 'k')).toMatchObject(odd);
    });
  });

  describe('status and placement', () => {
    const become = (status: 'frozen' | 'closed'): Promise<readonly Outcome[]> =>
      run(setStatus({ accountId: 'acme', status, version: 2 }));

    it('refuses debits of a frozen account under the row’s lock, takes credits, and still replays', async () => {
      await run(credit('fund', 10n), deduct('done', 1n));
      await become('frozen');
      expect(await kinds(deduct('new', 1n), credit('more', 1n), deduct('done', 1n))).toEqual([
        'accountFrozen',
        'applied',
        'replayed',
      ]);
    });

    it('refuses everything on a closed account but replays and arriving transfers', async () => {
      await run(credit('fund', 10n), deduct('done', 1n));
      await become('closed');
      expect(
        await kinds(deduct('new', 1n), credit('more', 1n), deduct('done', 1n), arrival('t', 5n)),
      ).toEqual(['accountClosed', 'accountClosed', 'replayed', 'arrived']);
    });

    it('turns back commands that were routed by an older placement, unharmed', async () => {
      await run(credit('fund', 10n));
      await run(fence({ accountId: 'acme', epoch: 3 }));
      expect(await run(deduct('k', 1n))).toEqual([{ kind: 'fenced', epoch: 3 }]);
      expect(await kinds({ ...deduct('k', 1n), epoch: 3 })).toEqual(['applied']);
    });

    it('creates a row that is named and missing, empty, and lets concurrent first uses meet on it', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, n) => on.shard.applyBatch([credit(`c${n}`, 1n, 7)], NO_HINT)),
      );
      expect(outcomes.flatMap((result) => result.outcomes.map(({ kind }) => kind))).toEqual(
        Array.from({ length: 20 }, () => 'applied'),
      );
      expect((await rows()).map((row) => [row.index, row.availableMinor])).toEqual([[7, 20n]]);
    });
  });

  describe('transfers', () => {
    it('spreads a large credit: one entry and one change of net at home, departures beside it', async () => {
      const targets = [1, 2, 3].map((subAccount) => ({
        shard: subAccount === 2 ? 's0' : 's1',
        subAccount,
        rows: 1,
      }));
      const [outcome] = await run({ ...credit('big', 100n), spreadOver: targets });
      expect(outcome).toMatchObject({ kind: 'applied', departures: [{}, {}, {}] });
      expect(await rows()).toMatchObject([{ availableMinor: 25n, netMinor: 100n, movedMinor: -75n }]);

      const pending = await on.shard.pendingDepartures({ limit: 10, olderThanMs: 0 });
      expect(
        pending.map(({ toShard, toSubAccount, amountMinor }) => [toShard, toSubAccount, amountMinor]).sort(),
      ).toEqual([
        ['s0', 2, 25n],
        ['s1', 1, 25n],
        ['s1', 3, 25n],
      ]);
      expect(await on.shard.pendingDepartures({ limit: 10, olderThanMs: 60_000 })).toEqual([]);
      await on.shard.completeTransfers(pending.slice(0, 2));
      expect(await on.shard.pendingDepartures({ limit: 10, olderThanMs: 0 })).toEqual(pending.slice(2));
    });

    it('marks as many transfers as an account can have sub-accounts', async () => {
      const targets = Array.from({ length: 1_023 }, (_, n) => ({
        shard: 's1',
        subAccount: n + 1,
        rows: 1,
      }));
      await run({ ...credit('big', 10_240n), spreadOver: targets });
      const pending = await on.shard.pendingDepartures({ limit: 2_000, olderThanMs: 0 });
      expect(pending).toHaveLength(1_023);
      await on.shard.completeTransfers(pending);
      expect(await on.shard.pendingDepartures({ limit: 2_000, olderThanMs: 0 })).toEqual([]);
    });

    it('takes no transfer for another one that has arrived under its id', async () => {
      await run(arrival('t', 5n));
      for (const other of [{ fromShard: 's2' }, { fromSubAccount: 2 }, { amountMinor: 6n }])
        await expect(run({ ...arrival('t', 5n), ...other })).rejects.toThrow(InvariantViolation);
      expect(await rows()).toMatchObject([{ availableMinor: 5n, netMinor: 0n, movedMinor: 5n }]);
    });

    it('lets a transfer arrive once, however often it is tried', async () => {
      expect(await kinds(arrival('t', 5n), arrival('t', 5n))).toEqual(['arrived', 'alreadyArrived']);
      const again = await Promise.all([1, 2, 3, 4].map(() => kinds(arrival('t', 5n), arrival('u', 1n))));
      expect(again.flat().filter((kind) => kind === 'arrived')).toHaveLength(1);
      expect(await rows()).toMatchObject([
        { availableMinor: 6n, netMinor: 0n, movedMinor: 6n, outsideVersion: 0 },
      ]);
    });
  });

  describe('the list of entries', () => {
    it('is newest first, pages without gaps or repeats, and filters', async () => {
      await run(credit('fund', 1_000n));
      for (let n = 0; n < 5; n += 1)
        await run(...Array.from({ length: 5 }, (_, m) => deduct(`d${n}-${m}`, 1n, m % 3)));
      const end = {
        createdAtUs: await on.shard.settledUntilUs('acme'),
        shard: '',
        subAccount: 0,
        version: 0,
      };
      const { entries: whole } = await on.shard.listEntries({ accountId: 'acme', limit: 100, before: end });
      expect(whole).toHaveLength(26);
      expect(whole.map((entry) => entry.createdAtUs)).toEqual(
        [...whole.map((entry) => entry.createdAtUs)].sort((a, b) => b - a),
      );

      const paged = [];
      let before = end;
      for (;;) {
        const { entries: page } = await on.shard.listEntries({ accountId: 'acme', limit: 3, before });
        paged.push(...page);
        const last = page.at(-1);
        if (!last) break;
        before = {
          createdAtUs: last.createdAtUs,
          shard: 's0',
          subAccount: last.subAccount,
          version: last.version,
        };
      }
      expect(paged).toEqual(whole);
      const credits = await on.shard.listEntries({
        accountId: 'acme',
        limit: 100,
        before: end,
        kinds: ['credit'],
      });
      expect(credits.entries).toEqual(whole.slice(-1));
      const middle = whole[10]?.createdAtUs ?? 0;
      const { entries: since } = await on.shard.listEntries({
        accountId: 'acme',
        limit: 100,
        before: end,
        fromUs: middle,
      });
      const { entries: until } = await on.shard.listEntries({
        accountId: 'acme',
        limit: 100,
        before: end,
        toUs: middle,
      });
      expect([...since, ...until]).toEqual(whole);

      const oldestFirst = [];
      for (let after: EntryStand = { createdAtUs: 0, subAccount: 0, version: 0 }; ;) {
        const { entries } = await on.shard.listEntries({
          accountId: 'acme',
          limit: 4,
          before: end,
          after,
          order: 'oldest first',
        });
        const last = entries.at(-1);
        if (!last) break;
        oldestFirst.push(...entries);
        after = last;
      }
      expect(oldestFirst).toEqual([...whole].reverse());
    });

    it('finds entries by their reference, byte by byte', async () => {
      await run(
        credit('fund', 1_000n),
        { ...deduct('a', 1n), reference: 'order 7' },
        { ...deduct('b', 1n), reference: 'order 7 ' },
        { ...deduct('c', 1n, 1), reference: 'Order 7' },
        { ...deduct('d', 1n, 1), reference: 'order 7' },
        deduct('e', 1n, 2),
      );
      const before = { createdAtUs: Number.MAX_SAFE_INTEGER, shard: '', subAccount: 0, version: 0 };
      for (const limit of [1, 2, 100]) {
        const query = { accountId: 'acme', limit, before, reference: 'order 7' };
        const ids = (await on.shard.listEntries(query)).entries.map(({ requestId }) => requestId);
        expect(ids).toHaveLength(Math.min(limit, 2));
        expect(['a', 'd']).toEqual(expect.arrayContaining(ids));
      }
    });

    it('sums entries up exactly, also where 64 bits would not hold the sum, and leaves out marks', async () => {
      const large = 10n ** 18n;
      for (let n = 0; n < 12; n += 1) {
        await run(credit(`c${n}`, large, n % 3));
        await run(deduct(`d${n}`, large, n % 3));
      }
      await run(credit('rest', 0x1_8000_0001n));
      const sums: EntrySum[] = [];
      for (let after: EntryStand | undefined, isFirst = true; isFirst || after; isFirst = false) {
        const found = await on.shard.sumEntries({ accountId: 'acme', ...(after && { after }) });
        sums.push(...found.sums);
        after = found.summedTo;
      }
      const of = (kind: string) => {
        const some = sums.filter((each) => each.kind === kind);
        return [
          some.reduce((sum, { count }) => sum + count, 0),
          some.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
        ];
      };
      expect(of('deduction')).toEqual([12, 12n * large]);
      expect(of('credit')).toEqual([13, 12n * large + 0x1_8000_0001n]);
      const last = (await on.shard.findEntry('acme', 'rest')) as Entry;
      const newest = await on.shard.sumEntries({ accountId: 'acme', fromUs: last.createdAtUs });
      expect(newest.sums.at(-1)?.quarter).toBe(Math.floor(last.createdAtUs / 900_000_000));
      expect((await on.shard.sumEntries({ accountId: 'acme', toUs: 1 })).sums).toEqual([]);
      expect(await on.shard.sumEntries({ accountId: 'acme', after: last })).toEqual({ sums: [] });
    });

    it('keeps running sums: the newest before a moment is found, one of the same entries stays as it was, and all are forgotten', async () => {
      const sumOf = (createdAtUs: number, version: number, amountMinor: bigint) => ({
        accountId: 'acme',
        createdAtUs,
        subAccount: 1,
        version,
        sums: new Map([
          ['deduction', { count: 20_000, amountMinor }],
          ['credit', { count: 1, amountMinor: 10n ** 30n }],
        ] as const),
      });
      const sums = [sumOf(100, 7, 1n), sumOf(100, 8, 2n), sumOf(200, 3, 3n)] as const;
      for (const each of [sums[1], sums[2], sums[0]]) await on.shard.keepRunningSum(each);
      await on.shard.keepRunningSum(sumOf(200, 3, 99n));
      await on.shard.keepRunningSum({ ...sumOf(1, 1, 5n), accountId: 'other' });
      expect(await on.shard.findRunningSum('acme', 100)).toBeUndefined();
      expect(await on.shard.findRunningSum('acme', 101)).toEqual(sums[1]);
      expect(await on.shard.findRunningSum('acme', 200)).toEqual(sums[1]);
      expect(await on.shard.findRunningSum('acme', Number.MAX_SAFE_INTEGER)).toEqual(sums[2]);
      const scan = { start: { fromAccount: '' }, upToAccount: 'acme', limit: 10 };
      expect(await on.shard.scanRunningSums(scan)).toEqual({ items: sums, ended: true });
      const behind = await on.shard.scanRunningSums({ ...scan, start: { after: sums[0] }, limit: 1 });
      expect(behind).toEqual({ items: [sums[1]], ended: false });
      await on.shard.forgetRunningSums('acme');
      expect(await on.shard.findRunningSum('acme', 300)).toBeUndefined();
      expect(await on.shard.findRunningSum('other', 300)).toBeDefined();
    });

    it('searches internal keys by a word of them', async () => {
      await run(credit('fund', 1_000n), deduct('a', 5n), deduct('b', 5n, 1));
      const back = (reverses: string, requestId: string, subAccount: number) =>
        reverse({ reverses, requestId, subAccount, amountMinor: 1n, fingerprint: '00'.repeat(16) });
      await run(back('a', 'r1', 0), back('a', 'r11', 0));
      await run(back('b', 'r1', 1), back('b', 'a', 1));
      const search = { accountId: 'acme', prefix: 'reversal ', word: 'r1' };
      expect((await on.shard.searchKeys(search)).keys).toEqual(['reversal a r1', 'reversal b r1']);
      const { keys } = await on.shard.searchKeys({ ...search, after: 'reversal a r11' });
      expect(keys).toEqual(['reversal b r1']);
      expect(await on.shard.searchKeys({ ...search, accountId: 'nobody' })).toEqual({ keys: [] });
    });

    it('ends at a moment that leaves out nothing acknowledged and lets in nothing later', async () => {
      await run(credit('fund', 1_000n));
      for (let n = 0; n < 20; n += 1) {
        const writing = Promise.all([0, 1, 2].map((m) => run(deduct(`w${n}-${m}`, 1n, m))));
        const until = await on.shard.settledUntilUs('acme');
        const before = { createdAtUs: until, shard: '', subAccount: 0, version: 0 };
        const { entries: seen } = await on.shard.listEntries({ accountId: 'acme', limit: 1_000, before });
        await writing;
        const { entries: afterwards } = await on.shard.listEntries({
          accountId: 'acme',
          limit: 1_000,
          before,
        });
        expect(afterwards).toEqual(seen);
        expect(seen.length).toBeGreaterThanOrEqual(1 + 3 * n);
      }
    });

    it('knows the time of the newest entry, and none where there is none', async () => {
      expect(await on.shard.newestEntryUs('acme')).toBe(0);
      await run(credit('fund', 1_000n));
      await run(deduct('d', 1n));
      const { createdAtUs } = (await on.shard.findEntry('acme', 'd')) ?? {};
      expect(await on.shard.newestEntryUs('acme')).toBe(createdAtUs);
      expect(await on.shard.clockUs()).toBeGreaterThan(createdAtUs ?? 0);
    });

    it('has a settled moment for an account without rows', async () => {
      expect(await on.shard.settledUntilUs('nobody')).toBeGreaterThan(1_700_000_000_000_000);
    });
  });

  describe('faults', () => {
    it('reports a command that the database cannot take as a defect and keeps nothing of its batch', async () => {
      await run(credit('fund', 10n));
      const tooLong = deduct('x'.repeat(mark === 'sqlite' ? 64 : 400), 1n);
      const bad = mark === 'sqlite' ? { ...tooLong, fingerprint: null as unknown as string } : tooLong;
      await expect(on.shard.applyBatch([deduct('k', 1n), bad], NO_HINT)).rejects.toThrow();
      expect(await balances()).toEqual([10n]);
      expect(await kinds(deduct('k', 1n))).toEqual(['applied']);
    });

    it('keeps everything over a close and a new start', async () => {
      await run(credit('fund', 10n), deduct('k', 3n));
      const before = await rows();
      await on.shard.close();
      on.shard = (await on.site.open({ clusterId: on.clusterId })).shard;
      expect(await rows()).toEqual(before);
      expect(await kinds(deduct('k', 3n))).toEqual(['replayed']);
    });

    it('refuses a database that is another shard, or belongs to another installation', async () => {
      await expect(on.site.open({ name: 's9', clusterId: on.clusterId })).rejects.toMatchObject({
        code: 'SHARD_IDENTITY_MISMATCH',
      });
      await expect(on.site.open()).rejects.toMatchObject({ code: 'SHARD_IDENTITY_MISMATCH' });
    });

    it('answers a ping', async () => {
      await expect(on.shard.ping()).resolves.toBeUndefined();
    });
  });

  describe('locks', () => {
    it('waits for whoever holds the whole account, then goes on', async () => {
      await run(credit('fund', 10n));
      await besides(async (other) => {
        const held = await other.lockAccount('acme');
        const waiting = kinds(deduct('k', 1n));
        // Meanwhile it would long have been through, if it did not wait.
        for (let n = 0; n < 5; n += 1) await other.ping();
        await held.apply([deduct('first', 10n)]);
        expect(await waiting).toEqual(['insufficientFunds']);
      });
    });

    if (locksRows) {
      it('gives up on a lock within its bounds, by name, and has done nothing', async () => {
        await run(credit('fund', 10n));
        const held = await on.shard.lockAccount('acme');
        await besides(
          (hasty) =>
            expect(hasty.applyBatch([deduct('k', 1n)], NO_HINT)).rejects.toMatchObject({
              code: 'OVERLOADED',
            }),
          { policy: { ...RETRY_POLICY, triesMax: 1 } },
        );
        await held.release();
        expect(await on.shard.findEntry('acme', 'k')).toBeUndefined();
        expect(await kinds(deduct('k', 1n))).toEqual(['applied']);
      });

      it('survives sessions killed at any moment: every key takes effect once', async () => {
        await run(credit('fund', 10_000n, 0), credit('fund1', 10_000n, 1));
        let kills = 0;
        const outcomes: string[] = [];
        for (let round = 0; round < 40; round += 1) {
          const batches = [0, 1].map((row) => {
            const commands = Array.from({ length: 10 }, (_, n) => deduct(`r${row}-${round}-${n}`, 1n, row));
            return persist(() => on.shard.applyBatch(commands, NO_HINT));
          });
          kills += (await on.site.killSessions()) ?? 0;
          for (const batch of await Promise.all(batches))
            outcomes.push(...batch.outcomes.map(({ kind }) => kind));
        }
        expect(kills).toBeGreaterThan(20);
        expect(outcomes.every((kind) => kind === 'applied' || kind === 'replayed')).toBe(true);
        expect(await balances()).toEqual([9_600n, 9_600n]);
        const until = await on.shard.settledUntilUs('acme');
        const before = { createdAtUs: until, shard: '', subAccount: 0, version: 0 };
        const kinds = ['deduction'] as const;
        const listed = await on.shard.listEntries({ accountId: 'acme', limit: 5_000, before, kinds });
        expect(listed.entries).toHaveLength(800);
      });
    }
  });
});

function arrival(transferId: string, amountMinor: bigint): TransferInCommand {
  return {
    kind: 'transferIn',
    accountId: 'acme',
    transferId,
    amountMinor,
    fromShard: 's1',
    fromSubAccount: 1,
    toSubAccount: 0,
    subAccount: 0,
  };
}

/** Tries again until the batch was decided, as a client would that was told "unavailable". */
async function persist<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 200 || (error instanceof ShardFault && error.verdict === 'defect')) throw error;
    }
  }
}
