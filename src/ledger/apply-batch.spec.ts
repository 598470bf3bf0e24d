import * as fc from 'fast-check';
import { cut, batchLengths, type World, worlds } from '../../test/models/worlds';
import { credit, deduct, row, transferIn } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import { OneAccount } from '../../test/models/one-account';
import { applyBatch } from './apply-batch';
import { type Command, commandKey } from './command';
import { signedAmount } from './entry';
import { wrap64 } from './money';
import type { Outcome } from './outcome';
import { routeRequest, subAccountsOn } from './routing';
import type { Changes } from './shard-state';
import { rowKey, type SubAccount } from './sub-account';
import type { Departure } from './transfer';

/** fast-check prints seed and path of a failure; this seed makes every run the same. */
const RUNS = { seed: 20_251_101, numRuns: 250 };

/** What turns a command down for good; `fenced` only sends it back to be routed again. */
const REFUSALS = new Set(['insufficientFunds', 'accountFrozen', 'accountClosed', 'balanceLimitExceeded']);

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
          if (outcome.kind === 'fenced') {
            expect(outcome.epoch).toBeGreaterThan(command.epoch);
            return;
          }
          expect(outcome.kind).toBe(model.judge(command));
          if (outcome.kind === 'insufficientFunds') expect(outcome.availableMinor).toBe(model.availableMinor);
          if (outcome.kind === 'applied') model.left(sumOf(outcome.departures));
        });
        for (const [accountId, model] of models) {
          expect(shard.sum(accountId, (each) => each.availableMinor)).toBe(model.availableMinor);
        }
      }
    });
  });

  test('never makes a balance negative, and keeps available + held = net + moved in every row (modulo 2^64)', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      for (const batch of world.batches) {
        for (const each of shard.run(batch).changes.subAccounts) {
          expect(each.availableMinor).toBeGreaterThanOrEqual(0n);
          expect(each.heldMinor).toBeGreaterThanOrEqual(0n);
          expect(wrap64(each.netMinor)).toBe(each.netMinor);
          expect(wrap64(each.movedMinor)).toBe(each.movedMinor);
          expect(wrap64(each.netMinor + each.movedMinor)).toBe(each.availableMinor + each.heldMinor);
        }
      }
    });
  });

  test('makes and destroys no money: every unit is in an entry, on its way, or was there before', () => {
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
        const departed = sumOf(shard.departures.filter((departure) => departure.accountId === accountId));
        const arrived = arrivedMinor.get(accountId) ?? 0n;
        const gained = (value: (each: SubAccount) => bigint): bigint =>
          shard.sum(accountId, value) - before.sum(accountId, value);

        expect(gained((each) => each.availableMinor + each.heldMinor)).toBe(entered + arrived - departed);
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
          .filter((position) => tookEffect(first[position] as Outcome));
        const again = shard.run(settled.map((position) => batch[position] as Command));

        expect(again.outcomes).toEqual(settled.map((position) => asReplay(first[position] as Outcome)));
        expect(isEmpty(again.changes)).toBe(true);
      });
      expect(snapshot(shard)).toEqual(after);
    }, SETTLED);
  });

  test('has one entry a key and one arrival a transfer, however often everything is run again', () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      const written = [...world.batches, ...world.batches, ...world.batches].map(
        (batch) => shard.run(batch).changes,
      );
      const entries = written.flatMap((changes) => changes.entries);
      const arrivals = written.flatMap((changes) => changes.arrivals);

      expectDistinct(entries.map((entry) => `${entry.accountId} ${entry.requestId}`));
      expectDistinct(entries.map((entry) => `${entry.accountId} ${entry.subAccount} ${entry.version}`));
      expectDistinct(arrivals.map(commandKey));
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
        withoutRefused.run(batch.filter((_, position) => tookEffect(outcomes[position] as Outcome)));
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
          const keys = new Set(batch.map(commandKey).filter(() => coins.next().value));
          const decision = applyBatch(shard.load(batch, { keys, wholeAccounts }), batch);
          if (decision.kind === 'decided') {
            const refused = batch.filter((_, position) =>
              REFUSALS.has((decision.outcomes[position] as Outcome).kind),
            );
            for (const command of refused) expect(keys).toContain(commandKey(command));
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
        const state = shard.load(batch, { keys: new Set(batch.map(commandKey)), wholeAccounts: new Set() });
        const copy = structuredClone(state);
        applyBatch(state, batch);
        expect(state).toEqual(copy);
        shard.run(batch);
      }
    });
  });

  test("raises a row's version with every change, its outside version with changes from outside only", () => {
    checkWorlds((world) => {
      const shard = new LedgerShard(world.rows);
      for (const command of world.batches.flat()) {
        const before = new Map(shard.rows);
        const { outcomes, changes } = shard.run([command]);
        for (const after of changes.subAccounts) {
          const { version = 0, outsideVersion = 0 } = before.get(rowKey(after.accountId, after.index)) ?? {};
          const fromOutside = outcomes[0]?.kind === 'applied' && after.index === command.subAccount;
          expect(after.version).toBeGreaterThan(version);
          expect(after.outsideVersion).toBe(fromOutside ? outsideVersion + 1 : outsideVersion);
        }
      }
    });
  });

  test('leaves the opposite of what it sends: net may pass 2^63 and come back', () => {
    const edge = 2n ** 63n - 1n;
    const shard = new LedgerShard([row({ availableMinor: 5n, netMinor: edge })]);

    shard.run([credit({ requestId: 'over', amountMinor: 3n })]);
    expect(shard.rows.get('acme 0')).toMatchObject({ availableMinor: 8n, netMinor: -(2n ** 63n) + 2n });

    shard.run([deduct({ requestId: 'back', amountMinor: 3n })]);
    expect(shard.rows.get('acme 0')).toMatchObject({ availableMinor: 5n, netMinor: edge });
  });
});

describe('an account on several shards', () => {
  const SHARDS = ['east', 'north', 'west'];

  test('is worth Σ entries at every instant, whatever is in transit, late or delivered twice', () => {
    fc.assert(
      fc.property(accountLives(), ({ shardCount, subAccounts, steps }) => {
        const placement = { epoch: 1, shards: SHARDS.slice(0, shardCount) };
        const shards = new Map(placement.shards.map((name) => [name, new LedgerShard()]));
        const on = (name: string): LedgerShard => shards.get(name) as LedgerShard;
        const everyRow = placement.shards.flatMap((shard) =>
          subAccountsOn(shard, placement, subAccounts).map((subAccount) => ({ shard, subAccount })),
        );
        const sent: { fromShard: string; departure: Departure }[] = [];

        const ask = ({ kind, key, amountMinor }: Extract<Step, { kind: 'credit' | 'deduct' }>): void => {
          const requestId = `k${key}`;
          const { shard, subAccount } = routeRequest(requestId, placement, subAccounts);
          const common = { requestId, amountMinor, fingerprint: `${kind} ${amountMinor}`, subAccount };
          const spreadOver = everyRow.filter((each) => each.subAccount !== subAccount);
          const { changes } = on(shard).run([
            kind === 'credit' ? credit({ ...common, spreadOver }) : deduct(common),
          ]);
          sent.push(...changes.departures.map((departure) => ({ fromShard: shard, departure })));
        };
        const deliver = (number: number): void => {
          const { fromShard, departure } = sent[number % sent.length] as (typeof sent)[number];
          on(departure.toShard).run([transferIn({ ...departure, fromShard })]);
        };
        const check = (): void => {
          const entered = sumOver(shards, (shard) =>
            [...shard.entries.values()].reduce((sum, each) => sum + signedAmount(each), 0n),
          );
          const inRows = sumOver(shards, (shard) =>
            shard.sum('acme', (each) => each.availableMinor + each.heldMinor),
          );
          const inTransit = sent
            .filter(({ departure }) => !on(departure.toShard).arrivals.has(`acme in ${departure.transferId}`))
            .reduce((sum, { departure }) => sum + departure.amountMinor, 0n);
          expect(inRows + inTransit).toBe(entered);
          expect(sumOver(shards, (shard) => shard.sum('acme', (each) => each.netMinor))).toBe(entered);
        };

        for (const step of steps) {
          if (step.kind !== 'deliver') ask(step);
          else if (sent.length > 0) deliver(step.number);
          check();
        }
        sent.forEach((_, number) => {
          deliver(number);
        });
        check();
        const moved = sumOver(shards, (shard) => shard.sum('acme', (each) => each.movedMinor));
        expect(moved).toBe(0n);
      }),
      RUNS,
    );
  });
});

type Step =
  | { readonly kind: 'credit' | 'deduct'; readonly key: number; readonly amountMinor: bigint }
  | { readonly kind: 'deliver'; readonly number: number };

function accountLives() {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('credit' as const, 'deduct' as const),
      key: fc.nat({ max: 30 }),
      amountMinor: fc.bigInt(1n, 90n),
    }),
    fc.record({ kind: fc.constant('deliver' as const), number: fc.nat({ max: 40 }) }),
  );
  return fc
    .record({
      shardCount: fc.integer({ min: 1, max: 3 }),
      extra: fc.nat({ max: 7 }),
      steps: fc.array(step, { maxLength: 30 }),
    })
    .map(({ shardCount, extra, steps }) => ({ shardCount, subAccounts: shardCount + extra, steps }));
}

function checkWorlds(check: (world: World) => void, options?: { unsettled: boolean }): void {
  fc.assert(fc.property(worlds(options), check), RUNS);
}

function modelsOf(rows: readonly SubAccount[]): Map<string, OneAccount> {
  const shard = new LedgerShard(rows);
  return new Map(
    accountsOf(rows).map((accountId) => {
      const available = shard.sum(accountId, (each) => each.availableMinor);
      const status = (rows.find((each) => each.accountId === accountId) as SubAccount).accountStatus;
      return [accountId, new OneAccount(available, status)];
    }),
  );
}

function accountsOf(rows: readonly SubAccount[]): string[] {
  return [...new Set(rows.map((each) => each.accountId))];
}

function tookEffect(outcome: Outcome): boolean {
  return ['applied', 'arrived', 'replayed', 'alreadyArrived', 'keyReused'].includes(outcome.kind);
}

function asReplay(outcome: Outcome): Outcome {
  if (outcome.kind === 'applied') return { kind: 'replayed', entry: outcome.entry };
  return outcome.kind === 'arrived' ? { kind: 'alreadyArrived' } : outcome;
}

function isEmpty({ entries, subAccounts, localMoves, departures, arrivals }: Changes): boolean {
  return [entries, subAccounts, localMoves, departures, arrivals].every((written) => written.length === 0);
}

function snapshot({ rows, entries, arrivals, departures }: LedgerShard) {
  return {
    rows: new Map(rows),
    entries: new Map(entries),
    arrivals: new Set(arrivals),
    departures: new Map(departures.map((each) => [transferName(each), each])),
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

function sumOver(shards: ReadonlyMap<string, LedgerShard>, value: (shard: LedgerShard) => bigint): bigint {
  return [...shards.values()].reduce((sum, shard) => sum + value(shard), 0n);
}

function expectDistinct(names: readonly string[]): void {
  expect(new Set(names).size).toBe(names.length);
}
