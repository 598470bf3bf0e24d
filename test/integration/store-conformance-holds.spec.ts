import type {
  CancelCommand,
  Command,
  ConfirmCommand,
  HoldCommand,
  ReverseCommand,
} from '../../src/ledger/command';
import { fingerprint } from '../../src/engine/fingerprint';
import { leaseKey } from '../../src/ledger/lease';
import { type HoldQuery, NO_HINT } from '../../src/shards/shard';
import * as commands from '../models/commands';
import { expire, fence, layout, setStatus } from '../models/commands';
import { EVERY_STORE } from '../setup/every-store';
import { creditOf as credit, deductOf as deduct, ShardUnderTest } from '../setup/shard-under-test';

/** Holds and reversals: what every store must do alike, on its real database or in memory. */
describe.each(EVERY_STORE)('[$mark] a shard', ({ makeSite }) => {
  const on = ShardUnderTest.each({ makeSite });
  const { run, kinds, rows, fund, besides } = on;
  const listed = async (page: Pick<HoldQuery, 'limit' | 'status'>): Promise<string[]> => {
    const found: string[] = [];
    for (let from: HoldQuery['from']; ;) {
      const holds = await on.shard.listHolds({ accountId: 'acme', ...page, from });
      found.push(...holds.map(({ holdId }) => holdId));
      const last = holds.at(-1);
      if (!last || holds.length < page.limit) return found;
      from = { holdId: last.holdId, isIncluded: false };
    }
  };
  const scanned = { start: { fromAccount: 'acme' }, upToAccount: 'acme', limit: 1_000 };

  describe('a hold', () => {
    it('moves money from available to held, and gives back exactly what it was given', async () => {
      await fund(100n);
      const metadata = JSON.stringify({ 日本: '語', "it's": '\\"; DROP TABLE hold' });
      const [first] = await run(hold('h', 30n, { reference: '注文-7', metadata }));
      expect(first).toMatchObject({
        kind: 'held',
        replayed: false,
        hold: { holdId: 'h', subAccount: 0, amountMinor: 30n, confirmedMinor: 0n, state: 'held', metadata },
      });
      expect(await rows()).toMatchObject([
        { availableMinor: 70n, heldMinor: 30n, netMinor: 100n, version: 2, outsideVersion: 2 },
      ]);
      const held = first?.kind === 'held' ? first.hold : undefined;
      expect(await on.shard.findHold('acme', 'h')).toEqual(held);
      expect(await run(hold('h', 30n, { reference: '注文-7', metadata }))).toEqual([
        { kind: 'held', replayed: true, hold: held },
      ]);
      expect((await on.shard.scanHolds(scanned)).items).toEqual([held]);
      expect(await on.shard.findHold('acme', 'H')).toBeUndefined();
    });

    it('has a mark that is in no list, with the time of the hold', async () => {
      await fund(100n);
      await run(deduct('d', 1n));
      const [taken] = await run(hold('h', 30n));
      const createdAtUs = taken?.kind === 'held' ? taken.hold.createdAtUs : undefined;

      const before = { createdAtUs: Number.MAX_SAFE_INTEGER, shard: '', subAccount: 0, version: 0 };
      for (const limit of [1, 2, 100]) {
        const { entries: listed } = await on.shard.listEntries({ accountId: 'acme', limit, before });
        expect(listed.map(({ requestId }) => requestId)).toEqual(['d', 'fund0'].slice(0, limit));
      }
      const listedAtUs = (await on.shard.findEntry('acme', 'd'))?.createdAtUs;
      expect(await on.shard.newestEntryUs('acme')).toBe(listedAtUs);

      expect(await on.shard.findEntry('acme', 'h')).toMatchObject({ kind: 'hold', createdAtUs });
      const keys = await on.shard.scanEntryKeys(scanned);
      expect(keys.items.find(({ requestId }) => requestId === 'h')).toMatchObject({ createdAtUs });
    });

    it('has a mark that a scan comes to in pages of any size, once', async () => {
      await fund(100n);
      await run(hold('a', 1n));
      await run(hold('b', 2n));
      await run(deduct('d', 3n));
      const found: bigint[] = [];
      let start: Parameters<typeof on.shard.scanEntries>[0]['start'] = scanned.start;
      for (let ended = false; !ended;) {
        const page = await on.shard.scanEntries({ ...scanned, start, limit: 1 });
        found.push(...page.items.map(({ amountMinor }) => amountMinor));
        const last = page.items.at(-1);
        if (last) start = { after: last };
        ended = page.ended;
      }
      expect(found).toEqual([100n, 3n, 1n, 2n]);
    });

    it('is listed by its id, of one status or all, in pages of any size; leases are not', async () => {
      await fund(100n);
      await run(
        ...['b', 'a', 'c', 'zz'].map((id) => hold(id, 5n)),
        cancel('c'),
        confirm('zz'),
        cancel('late'),
      );
      const lease = { ...hold(leaseKey('s0 1'), 1n) };
      await run(lease, { ...cancel(leaseKey('s0 1')) }, { ...hold(leaseKey('s0 2'), 1n) });
      for (const limit of [1, 2, 3, 100]) {
        expect(await listed({ limit, status: 'held' })).toEqual(['a', 'b']);
        expect(await listed({ limit, status: 'cancelled' })).toEqual(['c', 'late']);
        expect(await listed({ limit, status: 'confirmed' })).toEqual(['zz']);
        expect(await listed({ limit, status: 'expired' })).toEqual([]);
        expect(await listed({ limit })).toEqual(['a', 'b', 'c', 'late', 'zz']);
      }
      const at = (holdId: string, isIncluded: boolean) =>
        on.shard.listHolds({ accountId: 'acme', limit: 9, status: 'held', from: { holdId, isIncluded } });
      expect((await at('a', true)).map(({ holdId }) => holdId)).toEqual(['a', 'b']);
      expect((await at('a', false)).map(({ holdId }) => holdId)).toEqual(['b']);
      expect((await at('zz', true)).map(({ holdId }) => holdId)).toEqual([]);
      expect(await on.shard.listHolds({ accountId: 'nobody', limit: 9 })).toEqual([]);
    });

    it('is taken, released, taken in part and tried again in one batch as in several', async () => {
      await fund(100n);
      const batch = [
        hold('a', 30n),
        hold('b', 30n),
        hold('c', 30n),
        confirm('a'),
        confirm('b', 10n),
        cancel('c'),
        hold('a', 30n),
        confirm('a', 30n),
        confirm('b', 11n),
        cancel('b'),
        confirm('c'),
        cancel('c'),
      ];
      const expected = [
        ...['held', 'held', 'held', 'holdSettled', 'holdSettled', 'holdSettled', 'held', 'holdSettled'],
        ...['holdAlreadyConfirmed', 'holdAlreadyConfirmed', 'holdAlreadyCancelled', 'holdSettled'],
      ];
      expect(await kinds(...batch)).toEqual(expected);
      expect(await kinds(...batch)).toEqual(expected);
      expect(await rows()).toMatchObject([{ availableMinor: 60n, heldMinor: 0n, netMinor: 60n }]);
      const { items } = await on.shard.scanEntries(scanned);
      expect(items.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
        ['credit', 100n],
        ['hold-confirmation', 30n],
        ['hold-confirmation', 10n],
        // Marks stand behind what is listed.
        ['hold', 30n],
        ['hold', 30n],
        ['hold', 30n],
      ]);
    });

    it('shares one key space with deductions and credits, whoever comes first and wherever it is routed', async () => {
      await fund(100n, 100n);
      expect(await kinds(deduct('x', 1n), hold('y', 1n))).toEqual(['applied', 'held']);
      await besides(async (other) => {
        const { outcomes } = await other.applyBatch(
          [hold('x', 1n, { subAccount: 1 }), deduct('y', 1n, 1), credit('y', 1n, 1), cancel('x')],
          NO_HINT,
        );
        expect(outcomes.map(({ kind }) => kind)).toEqual(Array(4).fill('keyReused'));
      });
    });

    it('that was cancelled before it was tried is refused, in the same batch and ever after', async () => {
      await fund(100n);
      expect(await run(cancel('h'), cancel('h'), hold('h', 1n))).toMatchObject([
        { kind: 'holdSettled', replayed: false, hold: { amountMinor: 0n, state: 'cancelled' } },
        { kind: 'holdSettled', replayed: true },
        { kind: 'holdAlreadyCancelled' },
      ]);
      expect(await kinds(hold('h', 1n), confirm('h'), deduct('h', 1n))).toEqual([
        'holdAlreadyCancelled',
        'holdAlreadyCancelled',
        'keyReused',
      ]);
      expect(await rows()).toMatchObject([{ availableMinor: 100n, heldMinor: 0n }]);
    });

    it('is settled in the row it is pinned to, wherever the command was routed and whatever its row has become', async () => {
      await fund(10n, 100n);
      await run(hold('h', 60n, { subAccount: 1 }), hold('g', 40n, { subAccount: 1 }));
      await run(layout([0], { operation: 1 }));
      expect(await rows()).toMatchObject([{ state: 'open' }, { state: 'draining', heldMinor: 100n }]);
      expect(await on.shard.drainingRows({ limit: 10 })).toMatchObject([{ index: 1, availableMinor: 0n }]);
      expect(await kinds(confirm('h', 20n), cancel('g'))).toEqual(['holdSettled', 'holdSettled']);
      expect(await rows()).toMatchObject([
        { availableMinor: 10n, state: 'open' },
        { availableMinor: 80n, heldMinor: 0n, netMinor: 80n, state: 'draining' },
      ]);
      expect(await on.shard.drainingRows({ limit: 10 })).toMatchObject([{ index: 1, availableMinor: 80n }]);
    });

    it('is known or unknown by the newest placement only', async () => {
      await fund(100n);
      await run(hold('h', 10n), fence({ epoch: 3 }));
      expect(await kinds(confirm('h'), cancel('h'), confirm('other'), cancel('other'))).toEqual(
        Array(4).fill('fenced'),
      );
      expect(await kinds(confirm('other', null, 3), confirm('h', null, 3))).toEqual([
        'holdNotHere',
        'holdSettled',
      ]);
    });

    it('is captured, and a deduction given back, by whoever has locked the whole account as by anybody', async () => {
      await fund(100n);
      await run(hold('h', 30n), deduct('d', 10n));
      const capture = { ...confirm('h', 40n), captureId: 'c', isFinal: false, mayTakeMore: true };
      const commands = [capture, reverse('d', 'r', 4n)];
      for (const replayed of [false, true])
        await besides(async (other) => {
          const locked = await other.lockAccount('acme');
          expect(await locked.apply(commands)).toMatchObject([
            { kind: 'holdChanged', replayed },
            { kind: replayed ? 'replayed' : 'applied' },
          ]);
        });
      expect(await rows()).toMatchObject([{ availableMinor: 54n, heldMinor: 0n, netMinor: 54n }]);
    });

    it('is refused by a frozen account, which settles those it has', async () => {
      await fund(100n);
      await run(hold('a', 10n), hold('b', 10n), hold('c', 10n, { expiresInUs: 0 }));
      await run(setStatus({ status: 'frozen', version: 2 }));
      expect(await kinds(hold('d', 1n), confirm('a'), cancel('b'), expireOf('c'), cancel('e'))).toEqual([
        'accountFrozen',
        'holdSettled',
        'holdSettled',
        'holdSettled',
        'holdSettled',
      ]);
      expect(await rows()).toMatchObject([{ availableMinor: 90n, heldMinor: 0n }]);
    });

    it('that is over is found by the database’s clock, released once, and not confirmed any more', async () => {
      await fund(100n);
      await run(hold('over', 10n, { expiresInUs: 0 }), hold('lasts', 10n));
      expect(await on.shard.expiredHolds({ limit: 10 })).toMatchObject([
        { accountId: 'acme', holdId: 'over', subAccount: 0 },
      ]);
      expect(await kinds(confirm('over'), expireOf('lasts'), expireOf('over'), expireOf('over'))).toEqual([
        'holdAlreadyCancelled',
        'holdStands',
        'holdSettled',
        'holdSettled',
      ]);
      expect(await on.shard.expiredHolds({ limit: 10 })).toEqual([]);
      expect(await run(confirm('over'), cancel('over'))).toMatchObject([
        { kind: 'holdAlreadyCancelled' },
        { kind: 'holdSettled', replayed: true, hold: { state: 'expired' } },
      ]);
      expect(await rows()).toMatchObject([{ availableMinor: 90n, heldMinor: 10n }]);
    });

    it('that is confirmed and cancelled by two instances at once is one of the two, by every answer', async () => {
      await fund(1_000n);
      await run(...many((n) => hold(`h${n}`, 10n)));
      await besides(async (other) => {
        const [confirmed, cancelled] = await Promise.all([
          on.shard.applyBatch(
            many((n) => confirm(`h${n}`)),
            NO_HINT,
          ),
          other.applyBatch(
            many((n) => cancel(`h${n}`)),
            NO_HINT,
          ),
        ]);
        confirmed.outcomes.forEach((outcome, n) => {
          const pair = [outcome.kind, cancelled.outcomes[n]?.kind];
          expect([
            ['holdSettled', 'holdAlreadyConfirmed'],
            ['holdAlreadyCancelled', 'holdSettled'],
          ]).toContainEqual(pair);
        });
      });
    });
  });

  describe('a reversal', () => {
    it('gives back in parts, once each, what was deducted and no more', async () => {
      await fund(100n);
      await run(deduct('d', 60n));
      const batch = [
        reverse('d', 'r1', 20n),
        reverse('d', 'r1', 20n),
        reverse('d', 'r1', 21n),
        reverse('d', 'r2', 41n),
        reverse('d', 'r2'),
        reverse('d', 'r3'),
        reverse('nothing', 'r1'),
        reverse('fund0', 'r1'),
      ];
      expect(await run(...batch)).toMatchObject([
        { kind: 'applied', entry: { kind: 'reversal', amountMinor: 20n, requestId: 'reversal d r1' } },
        { kind: 'replayed' },
        { kind: 'keyReused' },
        { kind: 'reversalExceedsDeduction', leftMinor: 40n },
        { kind: 'applied', entry: { amountMinor: 40n } },
        { kind: 'reversalExceedsDeduction', leftMinor: 0n },
        { kind: 'deductionNotHere' },
        { kind: 'deductionNotHere' },
      ]);
      expect(await kinds(...batch)).toEqual([
        ...['replayed', 'replayed', 'keyReused', 'keyReused', 'replayed', 'reversalExceedsDeduction'],
        ...['deductionNotHere', 'deductionNotHere'],
      ]);
      expect(await rows()).toMatchObject([{ availableMinor: 100n, netMinor: 100n }]);
      expect((await on.shard.scanReversals(scanned)).items).toMatchObject([
        { reverses: 'd', number: 1, reversedMinor: 20n },
        { reverses: 'd', number: 2, reversedMinor: 60n },
      ]);
    });

    it('gives back what was taken of a hold', async () => {
      await fund(100n);
      await run(hold('h', 60n), confirm('h', 50n), hold('open', 10n));
      expect(await kinds(reverse('h', 'r', 51n), reverse('h', 'r'), reverse('open', 'r'))).toEqual([
        'reversalExceedsDeduction',
        'applied',
        'deductionNotHere',
      ]);
      expect(await rows()).toMatchObject([{ availableMinor: 90n, heldMinor: 10n, netMinor: 100n }]);
    });

    it('goes to the row the deduction was taken from, which it opens for draining when it is closed', async () => {
      await fund(10n, 50n);
      await run(deduct('d', 50n, 1), layout([0], { operation: 1 }));
      expect(await rows()).toMatchObject([{ state: 'open' }, { state: 'closed' }]);
      expect(await kinds(reverse('d', 'r', 30n))).toEqual(['applied']);
      expect(await rows()).toMatchObject([
        { availableMinor: 10n },
        { availableMinor: 30n, state: 'draining' },
      ]);
    });

    it('never gives back too much, however many instances reverse at once', async () => {
      await fund(100n);
      await run(deduct('d', 100n));
      await besides(async (other) => {
        const results = await Promise.all(
          many((n) => (n % 2 === 0 ? on.shard : other).applyBatch([reverse('d', `r${n}`, 15n)], NO_HINT)),
        );
        const told = results.map(({ outcomes: [outcome] }) => outcome?.kind);
        expect(told.filter((kind) => kind === 'applied')).toHaveLength(6);
        expect(told.filter((kind) => kind === 'reversalExceedsDeduction')).toHaveLength(14);
      });
      expect(await rows()).toMatchObject([{ availableMinor: 90n }]);
    });

    it('is taken by a frozen account and not by a closed one', async () => {
      await fund(100n);
      await run(deduct('d', 100n), setStatus({ status: 'frozen', version: 2 }));
      expect(await kinds(reverse('d', 'r1', 1n))).toEqual(['applied']);
      await run(setStatus({ status: 'closed', version: 3 }));
      expect(await kinds(reverse('d', 'r2', 1n), reverse('d', 'r1', 1n))).toEqual([
        'accountClosed',
        'replayed',
      ]);
    });
  });
});

const MANY = 20;

function many<T>(make: (n: number) => T): T[] {
  return Array.from({ length: MANY }, (_, n) => make(n));
}

function hold(requestId: string, amountMinor: bigint, given: Partial<HoldCommand> = {}): HoldCommand {
  return commands.hold({ requestId, amountMinor, fingerprint: fingerprint('hold', amountMinor), ...given });
}

function confirm(holdId: string, amountMinor: bigint | null = null, epoch = 1): ConfirmCommand {
  return commands.confirm({ holdId, amountMinor, epoch, fingerprint: fingerprint('confirm', amountMinor) });
}

function cancel(holdId: string): CancelCommand {
  return commands.cancel({ holdId, fingerprint: fingerprint('cancel', holdId) });
}

function expireOf(holdId: string): Command {
  return expire({ holdId });
}

function reverse(reverses: string, requestId: string, amountMinor: bigint | null = null): ReverseCommand {
  const print = fingerprint('reverse', reverses, amountMinor);
  return commands.reverse({ reverses, requestId, amountMinor, fingerprint: print });
}
