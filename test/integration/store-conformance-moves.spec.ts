import type { StoredTransfer } from '../../src/ledger/audit-transfer';
import { NO_HINT, type ShardBalance } from '../../src/shards/shard';
import { fence, grant, layout, level, setStatus, transferIn, transferOut } from '../models/commands';
import { EVERY_STORE } from '../setup/every-store';
import {
  applyWhenFree,
  creditOf as credit,
  deductOf as deduct,
  ShardUnderTest,
} from '../setup/shard-under-test';

/** Money between rows and shards, fences and layouts: what every store must do alike, on its real database or in memory. */
describe.each(EVERY_STORE)('[$mark] a shard', ({ makeSite }) => {
  const on = ShardUnderTest.each({ makeSite });
  const { run, kinds, rows, balances, balanceOf, fund, besides } = on;
  const transfers = async (): Promise<readonly StoredTransfer[]> =>
    (await on.shard.scanTransfers({ start: { fromAccount: 'acme' }, upToAccount: 'acme', limit: 1_000 }))
      .items;
  const pending = async (accountId = 'acme'): Promise<{ transferId: string; amountMinor: bigint }[]> =>
    on.shard.pendingDepartures({ limit: 100, olderThanMs: 0, accountId });

  describe('a grant', () => {
    it('is made once, is paid from, and is taken back as far as it is there', async () => {
      await fund(10n, 0n);
      expect(await run(grant({ version: 3, signedMinor: 100n }))).toEqual([{ kind: 'settled' }]);
      expect(await run(grant({ version: 3, signedMinor: 100n }))).toEqual([{ kind: 'settled' }]);
      expect(await run(grant({ version: 2, signedMinor: 7n }))).toEqual([
        { kind: 'settled', newerVersion: 3 },
      ]);
      expect(await kinds(deduct('whale', 105n))).toEqual(['applied']);
      expect(await balanceOf('acme')).toMatchObject({
        availableMinor: 5n,
        netMinor: -95n,
        grantedMinor: 100n,
      });
      await run(grant({ version: 4, signedMinor: -40n }));
      expect(await balanceOf('acme')).toMatchObject({
        availableMinor: 0n,
        netMinor: -95n,
        grantedMinor: 95n,
      });
      expect((await rows()).map(({ grantVersion }) => grantVersion)).toEqual([4, 4]);
    });

    it('wraps where it passes 64 bits, and is summed over rows that have', async () => {
      await fund(0n, 0n);
      const most = 9n * 10n ** 18n;
      await run(grant({ version: 1, signedMinor: most }), deduct('a', most));
      await run(grant({ version: 2, signedMinor: most }), deduct('b', most));
      await run(grant({ version: 3, signedMinor: most }));
      const { grantedMinor, availableMinor } = (await balanceOf('acme')) as ShardBalance;
      expect([BigInt.asIntN(64, grantedMinor), availableMinor]).toEqual([BigInt.asIntN(64, 3n * most), most]);
    });

    it('leaves nothing to debits where the account has used more than its limit', async () => {
      await fund(10n, 0n);
      await run(grant({ version: 1, signedMinor: 100n }), setStatus({ status: 'overLimit' }));
      expect((await rows()).map(({ accountStatus }) => accountStatus)).toEqual(['overLimit', 'overLimit']);
      expect(await balanceOf('acme')).toMatchObject({ inactiveRows: 2, overLimitRows: 2 });
      expect(await run(deduct('d', 1n))).toMatchObject([{ kind: 'insufficientFunds', availableMinor: 0n }]);
      expect(await kinds(credit('c', 1n))).toEqual(['applied']);
      await run(setStatus({ status: 'active', version: 3 }));
      expect(await balanceOf('acme')).toMatchObject({ inactiveRows: 0, overLimitRows: 0 });
      expect(await kinds(deduct('d', 1n))).toEqual(['applied']);
    });
  });

  describe('a transfer that leaves', () => {
    it('leaves once, in one batch or in two, and is answered alike', async () => {
      await fund(100n);
      const [first, second] = await run(transferOut({ amountMaxMinor: 30n }), transferOut());
      const [third] = await run(transferOut({ amountMaxMinor: 1n, toShard: 'elsewhere' }));
      expect(first).toEqual({
        kind: 'departed',
        departure: {
          accountId: 'acme',
          transferId: 'pull 1',
          amountMinor: 30n,
          fromSubAccount: 0,
          toSubAccount: 1,
          toShard: 'far',
        },
      });
      expect([second, third]).toEqual([first, first]);
      expect(await rows()).toMatchObject([
        { availableMinor: 70n, netMinor: 100n, movedMinor: -30n, version: 2, outsideVersion: 1 },
      ]);
      expect(await pending()).toMatchObject([{ transferId: 'pull 1', amountMinor: 30n }]);
    });

    it('leaves once of fifty racing tries, over two instances', async () => {
      await fund(100n, 100n);
      await besides(async (other) => {
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, n) =>
            (n % 2 === 0 ? on.shard : other).applyBatch([transferOut({ amountMaxMinor: 150n })], NO_HINT),
          ),
        );
        const answers = results.map(({ outcomes: [outcome] }) => outcome);
        expect(answers).toEqual(answers.map(() => answers[0]));
      });
      expect(await pending()).toMatchObject([{ amountMinor: 150n }]);
      expect(await balances()).toEqual([25n, 25n]);
    });

    it('that took all there was is remembered, and one that took nothing leaves no trace', async () => {
      await fund(10n);
      const all = transferOut({ transferId: 'all', amountMaxMinor: 99n });
      const [first] = await run(all);
      expect(first).toMatchObject({ kind: 'departed', departure: { amountMinor: 10n } });
      expect(await run(all, transferOut({ transferId: 'none' }))).toEqual([
        first,
        { kind: 'departed', departure: undefined },
      ]);
      await run(credit('more', 3n));
      expect(await run(transferOut({ transferId: 'none' }))).toMatchObject([
        { departure: { amountMinor: 3n } },
      ]);
    });

    it('tells ids apart by case and by account, and from transfers that arrived under the same id', async () => {
      await fund(100n);
      await run({ ...credit('fund', 100n), accountId: 'Acme' });
      const outcomes = await run(
        transferIn({ transferId: 'pull 1', amountMinor: 5n }),
        transferOut({ amountMaxMinor: 1n }),
        transferOut({ amountMaxMinor: 2n, transferId: 'PULL 1' }),
        transferOut({ amountMaxMinor: 3n, accountId: 'Acme' }),
      );
      expect(outcomes).toMatchObject([
        { kind: 'arrived' },
        { departure: { amountMinor: 1n } },
        { departure: { amountMinor: 2n } },
        { departure: { amountMinor: 3n } },
      ]);
      expect(await pending('Acme')).toMatchObject([{ amountMinor: 3n }]);
    });

    it('never takes more than there is beside deductions of two instances, and loses nothing', async () => {
      await fund(200n, 200n, 200n);
      await besides(async (other) => {
        const batches = Array.from({ length: 40 }, (_, n) => [
          transferOut({ transferId: `pull ${n}`, amountMaxMinor: 11n }),
          deduct(`d${n}`, 9n, n % 3),
        ]);
        await Promise.all(
          batches.map((batch, n) =>
            (n % 2 === 0 ? on.shard : other).applyBatch(n % 3 === 0 ? batch : batch.reverse(), NO_HINT),
          ),
        );
      });
      const left = sum((await transfers()).filter((each) => each.direction === 'out'));
      const entries = await on.shard.findEntries(
        'acme',
        Array.from({ length: 40 }, (_, n) => `d${n}`),
      );
      expect((await balances()).reduce((all, each) => all + each, 0n)).toBe(600n - left - sum(entries));
      await expectRowsExplained();
    });
  });

  describe('a fence', () => {
    it('turns back what was routed by an older placement, unharmed, and lets the rest pass', async () => {
      await fund(100n, 100n);
      expect(await run(fence({ epoch: 3 }))).toEqual([{ kind: 'settled' }]);
      expect(await run(deduct('a', 1n), { ...deduct('b', 1n, 1), epoch: 2 })).toEqual([
        { kind: 'fenced', epoch: 3 },
        { kind: 'fenced', epoch: 3 },
      ]);
      expect(
        await kinds({ ...deduct('a', 1n), epoch: 3 }, { ...deduct('b', 1n, 1), epoch: 4 }, transferIn()),
      ).toEqual(['applied', 'applied', 'arrived']);
      expect(await balanceOf('acme')).toMatchObject({ epochMax: 3 });
    });

    it('that comes late or again changes nothing', async () => {
      await fund(100n);
      await run(fence({ epoch: 3 }));
      const before = await rows();
      await run(fence({ epoch: 2 }), fence({ epoch: 3 }));
      expect(await rows()).toEqual(before);
    });

    it('is complete when it is told: nothing older takes effect on any row after that', async () => {
      await fund(...Array.from({ length: 8 }, () => 1_000n));
      await besides(async (other) => {
        const deductions = Array.from({ length: 40 }, (_, n) =>
          other.applyBatch([deduct(`d${n}`, 1n, n % 8)], NO_HINT),
        );
        await run(fence({ epoch: 2 }));
        const standing = await balances();
        await Promise.all(deductions);
        expect(await balances()).toEqual(standing);
      });
    });

    it('covers as many rows as an account can have on a shard', async () => {
      await on.shard.createSubAccounts(
        Array.from({ length: 1_024 }, (_, index) => ({
          accountId: 'acme',
          index,
          epoch: 1,
          accountStatus: 'active' as const,
          accountStatusVersion: 1,
        })),
      );
      await run(credit('fund', 4_096n, 700));
      expect(await kinds(fence({ epoch: 7 }), level())).toEqual(['settled', 'leveled']);
      const after = await rows();
      expect(new Set(after.map((row) => row.epoch))).toEqual(new Set([7]));
      expect(new Set(after.map((row) => row.availableMinor))).toEqual(new Set([4n]));
    });
  });

  describe('a layout', () => {
    it('opens rows, drains rows with money and closes empty ones, by the newest operation', async () => {
      await fund(10n, 10n);
      await run(credit('once', 5n, 2), deduct('all', 5n, 2));
      await run(layout([0], { operation: 4, epoch: 2 }));
      expect(await rows()).toMatchObject([
        { state: 'open', operation: 4, epoch: 2 },
        { state: 'draining', operation: 4, epoch: 2 },
        { state: 'closed', operation: 4, epoch: 2 },
      ]);
      expect(await on.shard.drainingRows({ limit: 10 })).toMatchObject([{ accountId: 'acme', index: 1 }]);

      const before = await rows();
      await run(layout([0, 1, 2], { operation: 3 }), layout([1], { operation: 4 }));
      expect(await rows()).toEqual(before);
      await run(layout([0, 1, 2], { operation: 5 }));
      expect((await rows()).map((row) => row.state)).toEqual(['open', 'open', 'open']);
      expect(await on.shard.drainingRows({ limit: 10 })).toEqual([]);
    });

    it('keeps a draining row paying until it is empty, and then it is closed', async () => {
      await fund(10n, 10n);
      await run(layout([0]));
      expect(await kinds(deduct('a', 10n, 1))).toEqual(['applied']);
      expect((await rows())[1]).toMatchObject({ availableMinor: 0n, state: 'closed' });
      await run(transferIn({ subAccount: 1 }));
      expect((await rows())[1]).toMatchObject({ availableMinor: 10n, state: 'draining' });
    });
  });

  describe('a status', () => {
    it('is taken by all rows when it is newer', async () => {
      await fund(10n, 10n);
      await run(setStatus({ status: 'frozen', version: 3 }));
      expect(await kinds(deduct('a', 1n), deduct('b', 1n, 1), credit('c', 1n))).toEqual([
        'accountFrozen',
        'accountFrozen',
        'applied',
      ]);
      expect(await balanceOf('acme')).toMatchObject({ inactiveRows: 2 });
      await run(setStatus({ status: 'active', version: 2 }), setStatus({ status: 'closed', version: 3 }));
      expect(await kinds(deduct('a', 1n))).toEqual(['accountFrozen']);
      await run(setStatus({ status: 'active', version: 4 }));
      expect(await kinds(deduct('a', 1n))).toEqual(['applied']);
      expect((await rows()).map((row) => row.accountStatusVersion)).toEqual([4, 4]);
    });
  });

  describe('leveling', () => {
    it('empties draining rows into open ones, closes them, and levels those', async () => {
      await fund(10n, 20n, 60n);
      expect(await run(layout([0, 1]), level())).toEqual([
        { kind: 'settled' },
        { kind: 'leveled', strandedMinor: 0n },
      ]);
      expect(await rows()).toMatchObject([
        { availableMinor: 45n, movedMinor: 35n, state: 'open' },
        { availableMinor: 45n, movedMinor: 25n, state: 'open' },
        { availableMinor: 0n, movedMinor: -60n, state: 'closed' },
      ]);
      const before = await rows();
      await run(level());
      expect(await rows()).toEqual(before);
      await expectRowsExplained();
    });

    it('says what is stranded where no row is open, and it can leave from there', async () => {
      await fund(10n, 20n);
      const [, leveled] = await run(layout([]), level());
      expect(leveled).toEqual({ kind: 'leveled', strandedMinor: 30n });
      await run(transferOut({ amountMaxMinor: 30n }));
      expect((await rows()).map((row) => row.state)).toEqual(['closed', 'closed']);
      expect(await pending()).toMatchObject([{ amountMinor: 30n }]);
    });

    it('beside deductions of two instances takes no deadlock for an answer', async () => {
      await fund(...Array.from({ length: 6 }, () => 1_000n));
      const outcomes = await besides((other) =>
        Promise.all(
          Array.from({ length: 60 }, (_, n) =>
            applyWhenFree(
              n % 2 === 0 ? on.shard : other,
              n % 5 === 0 ? [level()] : [deduct(`a${n}`, 40n, n % 6), deduct(`b${n}`, 40n, (n + 3) % 6)],
            ),
          ),
        ),
      );
      const found = outcomes.flatMap((result) => result.outcomes.map(({ kind }) => kind));
      expect(new Set(found)).toEqual(new Set(['leveled', 'applied']));
      expect((await balances()).reduce((all, each) => all + each, 0n)).toBe(6_000n - 48n * 80n);
      await expectRowsExplained();
    });
  });

  describe('what is written of a transfer', () => {
    it('names the versions that it made of the rows here', async () => {
      const spreadOver = [1, 2].map((subAccount) => ({ shard: 's1', subAccount, rows: 1 }));
      await run({ ...credit('big', 90n), spreadOver });
      await run(credit('f1', 10n, 1), transferIn({ transferId: 'came', amountMinor: 7n, subAccount: 1 }));
      await run(transferOut({ transferId: 'went', amountMaxMinor: 1n }), level());
      const written = (await transfers()).map((each) => ({
        named: `${each.direction} ${each.transferId}`,
        peer: each.peerShard,
        amountMinor: each.amountMinor,
        versions: [each.fromVersion, each.toVersion],
      }));
      expect(written.sort((a, b) => (a.named < b.named ? -1 : 1))).toEqual([
        { named: 'in came', peer: 'far', amountMinor: 7n, versions: [null, 2] },
        { named: 'local draw 0 4', peer: null, amountMinor: 6n, versions: [4, 3] },
        { named: 'out spread big 1', peer: 's1', amountMinor: 30n, versions: [2, null] },
        { named: 'out spread big 2', peer: 's1', amountMinor: 30n, versions: [2, null] },
        { named: 'out went', peer: 'far', amountMinor: 1n, versions: [3, null] },
      ]);
      await expectRowsExplained();
    });
  });

  /** Each row has what came in, and has moved what the transfers written here moved, up to its version. */
  async function expectRowsExplained(): Promise<void> {
    const written = await transfers();
    for (const row of await rows()) {
      expect(row.availableMinor + row.heldMinor).toBe(row.netMinor + row.movedMinor);
      const took = written.filter((each) => each.toVersion !== null && each.toSubAccount === row.index);
      const gave = written.filter((each) => each.fromVersion !== null && each.fromSubAccount === row.index);
      expect(sum(took) - sum(gave)).toBe(row.movedMinor);
      for (const each of took) expect(each.toVersion).toBeLessThanOrEqual(row.version);
      for (const each of gave) expect(each.fromVersion).toBeLessThanOrEqual(row.version);
    }
  }
});

function sum(each: readonly { readonly amountMinor: bigint }[]): bigint {
  return each.reduce((all, { amountMinor }) => all + amountMinor, 0n);
}
