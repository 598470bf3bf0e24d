import * as fc from 'fast-check';
import { cut, batchLengths, type World, worlds } from '../../test/models/worlds';
import { deduct, row, transferIn } from '../../test/models/commands';
import { keysOf, LedgerShard } from '../../test/models/ledger-shard';
import { OneAccount } from '../../test/models/one-account';
import { applyBatch } from './apply-batch';
import type { Command } from './command';
import { signedAmount } from './entry';
import { wrap64 } from './money';
import type { Outcome } from './outcome';
import type { Changes } from './shard-state';
import { rowKey, type SubAccount } from './sub-account';

/** fast-check prints seed and path of a failure; this seed makes every run the same. */
const RUNS = { seed: 20_251_101, numRuns: 250 };

/** What turns a command down for good; `fenced` only sends it back to be routed again. */
const REFUSALS = new Set([
  'insufficientFunds',
  'accountFrozen',
  'accountClosed',
  'balanceLimitExceeded',
  'holdNotHere',
  'holdStands',
  'holdAlreadyConfirmed',
  'holdAlreadyCancelled',
  'confirmExceedsHold',
  'deductionNotHere',
  'reversalExceedsDeduction',
  'reversalExceedsCredit',
  'raiseTooLow',
]);

/** No fences and no missing rows: what is left is decided by order alone, down to the last row. */
const SETTLED = { unsettled: false };

describe('a shard', () => {
  test('comes to what one account on one row would come to, funds first of all: siblings lend', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      const models = modelsOf(world.rows);
      for (const batch of world.batches) {
        const { outcomes } = shard.run(batch);
        batch.forEach((command, position) => {
          const model = models.get(command.accountId) as OneAccount;
          const outcome = outcomes[position] as Outcome;
          if (outcome.kind === 'fenced' && 'epoch' in command) {
            expect(outcome.epoch).toBeGreaterThan(command.epoch);
            return;
          }
          expect(outcome.kind).toBe(model.judge(command));
          if (outcome.kind === 'insufficientFunds') expect(outcome.availableMinor).toBe(model.payableMinor);
          if (outcome.kind === 'applied') model.left(sumOf(outcome.departures));
          if (outcome.kind === 'departed' && command.kind === 'transferOut')
            expect(outcome.departure?.amountMinor ?? 0n).toBe(model.departedMinor(command.transferId));
        });
        for (const [accountId, model] of models) {
          expect(shard.sum(accountId, (each) => each.availableMinor)).toBe(model.availableMinor);
          expect(shard.sum(accountId, (each) => each.heldMinor)).toBe(model.heldMinor);
        }
      }
    });
  });

  test('makes and destroys no money: every unit is in an entry, on its way, granted, or was there before', () => {
    checkWorlds((world) => {
      const before = new LedgerShard(world.rows);
      const shard = new LedgerShard(world.rows);
      const arrivedMinor = new Map<string, bigint>();
      for (const batch of world.batches) {
        for (const { accountId, amountMinor } of shard.run(batch).changes.arrivals) {
          arrivedMinor.set(accountId, (arrivedMinor.get(accountId) ?? 0n) + amountMinor);
        }
      }
      for (const accountId of accountsOf(world.rows)) {
        const entered = [...shard.entries.values()]
          .filter((entry) => entry.accountId === accountId)
          .reduce((sum, entry) => sum + signedAmount(entry), 0n);
        const departed = sumOf(
          [...shard.departures.values()].filter((departure) => departure.accountId === accountId),
        );
        const arrived = arrivedMinor.get(accountId) ?? 0n;
        const gained = (value: (each: SubAccount) => bigint): bigint =>
          shard.sum(accountId, value) - before.sum(accountId, value);

        const granted = gained((each) => each.grantedMinor);
        expect(gained((each) => each.availableMinor + each.heldMinor)).toBe(
          entered + arrived - departed + granted,
        );
        expect(wrap64(gained((each) => each.netMinor))).toBe(entered);
        expect(wrap64(gained((each) => each.movedMinor))).toBe(arrived - departed);
      }
    });
  });

  test('takes no key twice: what took effect and is run again changes nothing and is answered by the same entry', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      const answers = world.batches.map((batch) => shard.run(batch).outcomes);
      const after = snapshot(shard);
      world.batches.forEach((batch, number) => {
        const first = answers[number] as readonly Outcome[];
        const settled = batch
          .map((_, position) => position)
          // An extension runs from when it comes, and is refused once its hold has ended.
          .filter((position) => batch[position]?.kind !== 'extend' && isFinal(first[position] as Outcome));
        const again = shard.run(settled.map((position) => batch[position] as Command));

        expect(again.outcomes.map(asReplay)).toEqual(
          settled.map((position) => asReplay(first[position] as Outcome)),
        );
        expect(again.outcomes.filter(isFirst)).toEqual([]);
        expect(isEmpty(again.changes)).toBe(true);
      });
      expect(snapshot(shard)).toEqual(after);
    }, SETTLED);
  });

  test('has one entry a key, and one departure and one arrival a transfer, however often everything is run again', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      const written = [...world.batches, ...world.batches, ...world.batches].map(
        (batch) => shard.run(batch).changes,
      );
      const entries = written.flatMap((changes) => changes.entries);
      const arrivals = written.flatMap((changes) => changes.arrivals);

      expectDistinct(entries.map((entry) => `${entry.accountId} ${entry.requestId}`));
      expectDistinct(entries.map((entry) => `${entry.accountId} ${entry.subAccount} ${entry.version}`));
      expectDistinct(arrivals.map(transferName));
      expectDistinct(
        written.flatMap((changes) => [...changes.localMoves, ...changes.departures]).map(transferName),
      );
    });
  });

  test('changes nothing for a command that it turns down', () => {
    checkWorlds((world) => {
      const withAll = new LedgerShard(world.rows);
      const withoutRefused = new LedgerShard(world.rows);
      for (const batch of world.batches) {
        const { outcomes } = withAll.run(batch);
        withoutRefused.run(batch.filter((_, position) => !turnedDown(outcomes[position] as Outcome)));
      }
      expect(snapshot(withAll)).toEqual(snapshot(withoutRefused));
    }, SETTLED);
  });

  test('turns back, unharmed, what was routed by an older placement than its row has reached, and only that', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      for (const command of world.batches.flat()) {
        const { outcomes, changes } = shard.run([command]);
        const [outcome] = outcomes;
        if (command.kind !== 'deduct' && command.kind !== 'credit') continue;
        const epoch = shard.rows.get(rowKey(command.accountId, command.subAccount))?.epoch ?? 1;
        if (outcome?.kind === 'fenced') {
          expect(outcome.epoch).toBe(epoch);
          expect(epoch).toBeGreaterThan(command.epoch);
          expect(isEmpty(changes)).toBe(true);
        } else if (outcome?.kind === 'applied') {
          expect(epoch).toBeLessThanOrEqual(command.epoch);
        }
      }
    });
  });

  test('does not care how a stream of commands is cut into batches', () => {
    fc.assert(
      fc.property(worlds(SETTLED), batchLengths(), (world, lengths) => {
        const stream = world.batches.flat();
        const [shard, other] = [new LedgerShard(world.rows), new LedgerShard(world.rows)];
        const outcomes = world.batches.flatMap((batch) => shard.run(batch).outcomes);

        const otherwise = cut(stream, lengths).flatMap((batch) => other.run(batch).outcomes);
        expect(timeless(otherwise)).toEqual(timeless(outcomes));
        expect(timeless(snapshot(other))).toEqual(timeless(snapshot(shard)));
      }),
      RUNS,
    );
  });

  test('gives the entries of a batch times in the order they were decided in', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      for (const batch of world.batches) {
        const times = shard
          .run(batch)
          .outcomes.flatMap((outcome) => (outcome.kind === 'applied' ? [outcome.entry.createdAtUs] : []));
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      }
    });
  });

  test('does not care what other accounts do in between', () => {
    checkWorlds((world) => {
      const together = new LedgerShard(world.rows);
      const apart = new LedgerShard(world.rows);
      const mixed = world.batches.flatMap((batch) => {
        const { outcomes } = together.run(batch);
        return batch.map((command, position) => ({ command, outcome: outcomes[position] as Outcome }));
      });
      for (const accountId of accountsOf(world.rows).reverse()) {
        const own = mixed.filter(({ command }) => command.accountId === accountId);
        const { outcomes } = apart.run(own.map(({ command }) => command));
        expect(timeless(outcomes)).toEqual(timeless(own.map(({ outcome }) => outcome)));
      }
      expect(timeless(snapshot(apart))).toEqual(timeless(snapshot(together)));
    }, SETTLED);
  });

  test('refuses nothing before its key was looked up', () => {
    fc.assert(
      fc.property(worlds(), fc.infiniteStream(fc.boolean()), (world, coins) => {
        const shard = new LedgerShard(world.rows);
        for (const batch of world.batches) {
          const wholeAccounts = new Set(accountsOf(world.rows));
          const keys = new Set(keysOf(batch).filter(() => coins.next().value));
          const decision = applyBatch(shard.load(batch, { keys, wholeAccounts }), batch);
          if (decision.kind === 'decided') {
            const refused = batch.filter((_, position) => {
              const { kind } = decision.outcomes[position] as Outcome;
              // Told by the tombstone under the very key.
              return REFUSALS.has(kind) && kind !== 'holdAlreadyCancelled';
            });
            for (const key of keysOf(refused)) expect(keys).toContain(key);
          } else {
            for (const key of decision.needs.keys) expect(keys).not.toContain(key);
          }
          shard.run(batch);
        }
      }),
      RUNS,
    );
  });

  test('asks for everything that a batch needs at once, whatever else is missing', () => {
    const rows = [
      row({ accountId: 'short', index: 0 }),
      row({ accountId: 'frozen', accountStatus: 'frozen' }),
    ];
    const batch = [
      deduct({ accountId: 'short' }),
      deduct({ accountId: 'frozen' }),
      deduct({ accountId: 'new', subAccount: 7 }),
      transferIn({ accountId: 'newer', subAccount: 3 }),
    ];
    const state = new LedgerShard(rows).load(batch, { keys: new Set(), wholeAccounts: new Set() });

    expect(applyBatch(state, batch)).toEqual({
      kind: 'needs',
      needs: {
        keys: new Set(['frozen r1']),
        wholeAccounts: new Set(['short']),
        pinnedRows: [],
        holds: [],
        missingRows: [
          { accountId: 'new', index: 7 },
          { accountId: 'newer', index: 3 },
        ],
      },
    });
  });

  test('never changes what was loaded', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      for (const batch of world.batches) {
        // Rows and entries are frozen: a write to one of them throws.
        const state = shard.load(batch, { keys: new Set(keysOf(batch)), wholeAccounts: new Set() });
        const copy = structuredClone(state);
        applyBatch(state, batch);
        expect(state).toEqual(copy);
        shard.run(batch);
      }
    });
  });
});

function checkWorlds(check: (world: World) => void, options?: { unsettled: boolean }): void {
  fc.assert(fc.property(worlds(options), check), RUNS);
}

function modelsOf(rows: readonly SubAccount[]): Map<string, OneAccount> {
  const shard = new LedgerShard(rows);
  return new Map(
    accountsOf(rows).map((accountId) => {
      const available = shard.sum(accountId, (each) => each.availableMinor);
      const status = (rows.find((each) => each.accountId === accountId) as SubAccount).accountStatus;
      const held = shard.sum(accountId, (each) => each.heldMinor);
      return [accountId, new OneAccount(available, status, held)];
    }),
  );
}

function accountsOf(rows: readonly SubAccount[]): string[] {
  return [...new Set(rows.map((each) => each.accountId))];
}

function turnedDown(outcome: Outcome): boolean {
  return REFUSALS.has(outcome.kind) || outcome.kind === 'fenced' || tookNothing(outcome);
}

function tookNothing(outcome: Outcome): boolean {
  return outcome.kind === 'departed' && outcome.departure === undefined;
}

/** Leveling is judged anew each time; everything else that was not turned down is done once and for all. */
function isFinal(outcome: Outcome): boolean {
  return !turnedDown(outcome) && outcome.kind !== 'leveled';
}

/** An outcome as it is told again; what is repeated tells what has become of its hold, or of the status, since. */
function asReplay(outcome: Outcome): unknown {
  if (outcome.kind === 'applied') return { kind: 'replayed', entry: outcome.entry };
  if (outcome.kind === 'held') return { kind: 'held', holdId: outcome.hold.holdId };
  if (outcome.kind === 'holdChanged' || outcome.kind === 'holdSettled')
    return { kind: 'done to it', holdId: outcome.hold.holdId };
  if (outcome.kind === 'settled') return { kind: 'settled' };
  return outcome.kind === 'arrived' ? { kind: 'alreadyArrived' } : outcome;
}

function isFirst(outcome: Outcome): boolean {
  return outcome.kind === 'applied' || ('replayed' in outcome && !outcome.replayed);
}

function isEmpty(changes: Changes): boolean {
  return Object.values(changes).every(
    (written: number | readonly unknown[]) => typeof written === 'number' || written.length === 0,
  );
}

function snapshot({ rows, entries, arrivals, departures, localMoves, holds, reversals }: LedgerShard) {
  return {
    holds: new Map(holds),
    reversals: new Map(reversals),
    intakes: new Map(),
    rows: new Map(rows),
    entries: new Map(entries),
    arrivals: new Map(arrivals),
    departures: new Map(departures),
    localMoves: new Map(localMoves),
  };
}

/** The entries of a batch are a microsecond apart, so their times, and nothing else, say how the stream was cut. */
function timeless(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, timeless(each)]));
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === 'createdAtUs' ? 'some time' : timeless(each)]),
  );
}

function transferName(transfer: { readonly accountId: string; readonly transferId: string }): string {
  return `${transfer.accountId} ${transfer.transferId}`;
}

function sumOf(transfers: readonly { readonly amountMinor: bigint }[]): bigint {
  return transfers.reduce((sum, each) => sum + each.amountMinor, 0n);
}

function expectDistinct(names: readonly string[]): void {
  expect(new Set(names).size).toBe(names.length);
}
