import * as fc from 'fast-check';
import { credit, deduct, fence, row, transferOut } from '../../test/models/commands';
import { OneAccount } from '../../test/models/one-account';
import { always, ScriptedFaults } from '../../test/models/scripted-faults';
import { TestClock } from '../../test/models/test-clock';
import type { Command } from '../ledger/command';
import type { Outcome } from '../ledger/outcome';
import type { SubAccount } from '../ledger/sub-account';
import {
  AccountsLockedError,
  type FaultVerdict,
  ShardContendedError,
  ShardFault,
  ShardUnavailableError,
} from './faults';
import type { Interference } from './memory/interference';
import { MemoryBatchStore } from './memory/memory-batch-store';
import { MemoryDatabase } from './memory/memory-database';
import type { LockWait } from './memory/row-locks';
import { RETRY_POLICY, type RunBatch, runBatch } from './run-batch';
import { NO_HINT } from './shard';

const RUNS = { seed: 20_251_106, numRuns: 300 };

const MISHAPS_MAX = 40;

describe('a batch', () => {
  test('of nothing new takes one transaction and no pause', async () => {
    const { run, faults, clock } = setUp({ rows: [row({ availableMinor: 50n })] });
    const { outcomes, hint } = await runBatch(run, [deduct()], NO_HINT);

    expect(outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(hint).toEqual(NO_HINT);
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit', 'afterCommit']);
    expect(clock.sleptMs).toEqual([]);
  });

  test('with a key that is there already is rolled back, looked up and replayed, without a pause', async () => {
    const { run, faults, clock, database } = setUp({ rows: [row({ availableMinor: 50n })] });
    const first = await runBatch(run, [deduct({ requestId: 'old' })], NO_HINT);
    faults.steps.length = 0;
    const { outcomes, hint } = await runBatch(
      run,
      [deduct({ requestId: 'old' }), deduct({ requestId: 'new' })],
      NO_HINT,
    );

    expect(outcomes).toEqual([
      { kind: 'replayed', entry: entryOf(first.outcomes[0]) },
      expect.objectContaining({ kind: 'applied' }),
    ]);
    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(30n);
    expect(faults.steps).toEqual([
      'begin',
      'lock',
      'beforeCommit',
      'begin',
      'lock',
      'lookUp',
      'beforeCommit',
      'afterCommit',
    ]);
    expect(clock.sleptMs).toEqual([]);
    expect(hint.lookUpKeys).toBe(true);
  });

  test('whose request was lost at commit runs again and is applied once', async () => {
    const { run, database } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ beforeCommit: ['outcomeUnknown'] }),
    });
    expect((await runBatch(run, [deduct()], NO_HINT)).outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(40n);
  });

  test('whose answer was lost at commit runs again, finds its entries, and has taken effect once', async () => {
    const { run, database, faults } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ afterCommit: ['outcomeUnknown'] }),
    });
    const { outcomes } = await runBatch(
      run,
      [deduct({ requestId: 'a' }), deduct({ requestId: 'b' })],
      NO_HINT,
    );

    expect(outcomes).toMatchObject([
      { kind: 'replayed', entry: { requestId: 'a' } },
      { kind: 'replayed', entry: { requestId: 'b' } },
    ]);
    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(30n);
    // It does not wait for the INSERT to say what it may expect.
    expect(faults.steps.slice(4)).toEqual(['begin', 'lock', 'lookUp', 'beforeCommit', 'afterCommit']);
  });

  test('whose COMMIT was answered with an error, and stands all the same, is found and never said to have done nothing', async () => {
    const faults = new ScriptedFaults({
      afterCommit: ['unclassified'],
      lock: [undefined, ...always('again')],
    });
    const { run, database } = setUp({ rows: [row({ availableMinor: 50n })], faults });
    const error: unknown = await runBatch(run, [deduct()], NO_HINT).catch((thrown: unknown) => thrown);

    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(40n);
    // "Overloaded" would promise that nothing was done.
    expect(error).toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    faults.plan('lock', []);
    expect((await runBatch(run, [deduct()], NO_HINT)).outcomes).toMatchObject([{ kind: 'replayed' }]);
  });

  test('that took the last unit and lost its answer is replayed, not refused', async () => {
    const { run } = setUp({
      rows: [row({ availableMinor: 10n })],
      faults: new ScriptedFaults({ afterCommit: ['outcomeUnknown'] }),
    });
    expect((await runBatch(run, [deduct({ amountMinor: 10n })], NO_HINT)).outcomes).toMatchObject([
      { kind: 'replayed' },
    ]);
  });

  test('whose answer was lost after money left finds the departure, and it has left once', async () => {
    const { run, database } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ afterCommit: ['outcomeUnknown'] }),
    });
    const { outcomes } = await runBatch(run, [transferOut({ amountMaxMinor: 30n }), fence()], NO_HINT);

    expect(outcomes).toMatchObject([
      { kind: 'departed', departure: { amountMinor: 30n } },
      { kind: 'settled' },
    ]);
    expect(database.account('acme').rows.get(0)).toMatchObject({ availableMinor: 20n, epoch: 2, version: 2 });
  });

  test('that repeats a departure finds it and is answered alike, without a pause', async () => {
    const { run, clock } = setUp({ rows: [row({ availableMinor: 50n })] });
    const first = await runBatch(run, [transferOut()], NO_HINT);
    expect((await runBatch(run, [transferOut()], NO_HINT)).outcomes).toEqual(first.outcomes);
    expect(clock.sleptMs).toEqual([]);
  });

  test('in a deadlock waits a random, growing while and runs again', async () => {
    const chance = 0.75;
    const { run, clock } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ lock: Array<FaultVerdict>(8).fill('again') }),
      clock: new TestClock(chance),
    });
    expect((await runBatch(run, [deduct()], NO_HINT)).outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(clock.sleptMs).toEqual([4, 8, 16, 32, 64, 128, 200, 200].map((msMax) => chance * msMax));
  });

  test('that never gets its locks ends as contended, with nothing done', async () => {
    const { run, clock, database } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ lock: always('again') }),
    });
    const error: unknown = await runBatch(run, [deduct()], NO_HINT).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ShardContendedError);
    expect(error).toMatchObject({ code: 'OVERLOADED', shard: 's0', tries: RETRY_POLICY.triesMax });
    expect((error as Error).cause).toBeInstanceOf(ShardFault);
    expect(clock.sleptMs).toHaveLength(RETRY_POLICY.triesMax - 1);
    expect(database.account('acme').entries.size).toBe(0);
  });

  test('that waits too long for somebody else’s lock says whose rows are locked, and keeps nobody waiting', async () => {
    const clock = new TestClock();
    const { run, database } = setUp({
      rows: [row({ availableMinor: 50n }), row({ accountId: 'free', availableMinor: 50n })],
      clock,
      lockWait: { msMax: 1_000, later: (ms, later) => clock.later(ms, later) },
    });
    const others = {};
    await database.lockRows(database.begin(others), 'acme', () => true);

    const trying = runBatch(run, [deduct(), deduct({ accountId: 'free' })], NO_HINT).catch(
      (thrown: unknown) => thrown,
    );
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    clock.pass(1_000);
    const error = await trying;
    expect(error).toBeInstanceOf(AccountsLockedError);
    expect(error).toMatchObject({ accounts: new Set(['acme']), mayHaveCommitted: false });
    expect(clock.sleptMs).toEqual([]);

    database.disconnect(others);
    expect((await runBatch(run, [deduct()], NO_HINT)).outcomes).toMatchObject([{ kind: 'applied' }]);
  });

  test('stops trying sooner where its commands have waited already', async () => {
    const clock = new TestClock();
    const slow = new ScriptedFaults({ lock: Array<FaultVerdict>(10).fill('again') });
    const { run } = setUp({ rows: [row({ availableMinor: 50n })], faults: slow, clock });
    const began = clock.now();
    await expect(runBatch(run, [deduct()], { ...NO_HINT, tryMsMax: 100 })).rejects.toBeInstanceOf(
      ShardContendedError,
    );
    expect(clock.now() - began).toBeLessThanOrEqual(100);
  });

  test('stops trying at its deadline, tries left or not', async () => {
    const clock = new TestClock();
    const slow: Interference = (step) => {
      if (step !== 'lock') return undefined;
      clock.pass(3_000);
      return 'again';
    };
    const { run } = setUp({ rows: [row()], clock, interfere: slow });
    await expect(runBatch(run, [deduct()], NO_HINT)).rejects.toMatchObject({ code: 'OVERLOADED', tries: 3 });
  });

  test.each([
    { what: 'statement was swallowed', at: 'lock', verdict: 'outcomeUnknown', afterMs: 5_000 },
    { what: 'session could not be had', at: 'begin', verdict: 'unavailable', afterMs: 3_000 },
  ] as const)('whose $what until it timed out is not tried again', async ({ at, verdict, afterMs }) => {
    const clock = new TestClock();
    const swallowed: Interference = (step) => {
      if (step !== at) return undefined;
      clock.pass(afterMs);
      return verdict;
    };
    const { run } = setUp({ rows: [row()], clock, interfere: swallowed });
    const began = clock.now();
    await expect(runBatch(run, [deduct()], NO_HINT)).rejects.toBeInstanceOf(ShardUnavailableError);
    expect(clock.now() - began).toBe(afterMs);
  });

  test('for a database that is not there is told so after few tries', async () => {
    const { run, faults } = setUp({
      rows: [row()],
      faults: new ScriptedFaults({ begin: always('unavailable') }),
    });
    const error: unknown = await runBatch(run, [deduct()], NO_HINT).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ShardUnavailableError);
    expect(error).toMatchObject({ code: 'SHARD_UNAVAILABLE', shard: 's0' });
    expect(faults.steps).toHaveLength(RETRY_POLICY.unavailableTriesMax);
  });

  test('whose outcome stays unknown ends as unavailable: its key will tell', async () => {
    const { run } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ beforeCommit: always('outcomeUnknown') }),
    });
    await expect(runBatch(run, [deduct()], NO_HINT)).rejects.toBeInstanceOf(ShardUnavailableError);
  });

  test('that may have committed once is never called undone, whatever fails after that', async () => {
    const { run, database } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ afterCommit: ['outcomeUnknown'], lock: [undefined, ...always('again')] }),
    });
    const error: unknown = await runBatch(run, [deduct()], NO_HINT).catch((thrown: unknown) => thrown);

    expect(database.account('acme').entries.size).toBe(1);
    expect(error).toBeInstanceOf(ShardUnavailableError);
  });

  test('that fails by a defect is given up at once, with the fault as it was', async () => {
    const { run, clock, faults } = setUp({
      rows: [row({ availableMinor: 50n })],
      faults: new ScriptedFaults({ beforeCommit: ['defect'] }),
    });
    await expect(runBatch(run, [deduct()], NO_HINT)).rejects.toMatchObject({
      name: 'ShardFault',
      verdict: 'defect',
    });
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit']);
    expect(clock.sleptMs).toEqual([]);
  });

  test('that names a missing row has it created, once, and goes on without a pause', async () => {
    const { run, created, clock, faults } = setUp({ rows: [row({ availableMinor: 50n })] });
    const batch = [
      deduct({ requestId: 'a' }),
      credit({ requestId: 'b', subAccount: 6 }),
      credit({ requestId: 'c', subAccount: 6 }),
    ];

    expect((await runBatch(run, batch, NO_HINT)).outcomes.map((outcome) => outcome.kind)).toEqual([
      'applied',
      'applied',
      'applied',
    ]);
    expect(created).toEqual([[{ accountId: 'acme', index: 6 }]]);
    expect(faults.steps.filter((step) => step === 'begin')).toHaveLength(2);
    expect(clock.sleptMs).toEqual([]);
  });

  test('whose missing row cannot be created is given up with the reason', async () => {
    const { run } = setUp({ rows: [] });
    const noSuchAccount = new RangeError('no such account');
    const failing = { ...run, createMissingRows: () => Promise.reject(noSuchAccount) };
    await expect(runBatch(failing, [credit()], NO_HINT)).rejects.toBe(noSuchAccount);
  });

  test('tries the creation of rows again like everything else', async () => {
    const { run } = setUp({ rows: [] });
    let tries = 0;
    const clumsy: RunBatch = {
      ...run,
      createMissingRows: (rows, commands) =>
        (tries += 1) === 1
          ? Promise.reject(new ShardFault('s0', 'again', new Error('deadlock')))
          : run.createMissingRows(rows, commands),
    };
    expect((await runBatch(clumsy, [credit()], NO_HINT)).outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(tries).toBe(2);
  });

  test('that is short locks the whole account on its second run, without a pause, and says so to the next', async () => {
    const { run, clock, faults } = setUp({ rows: [row(), row({ index: 1, availableMinor: 50n })] });
    const first = await runBatch(run, [deduct({ requestId: 'a' })], NO_HINT);
    expect(first).toMatchObject({
      outcomes: [{ kind: 'applied' }],
      hint: { wholeAccounts: new Set(['acme']) },
    });
    expect(faults.steps.filter((step) => step === 'begin')).toHaveLength(2);
    expect(clock.sleptMs).toEqual([]);

    faults.steps.length = 0;
    const second = await runBatch(run, [deduct({ requestId: 'b' })], first.hint);
    expect(second.hint.wholeAccounts.size).toBe(0);
    expect(faults.steps.filter((step) => step === 'begin')).toHaveLength(1);
  });

  test('keeps the hint of an account that stays short, and drops that of one that does not replay', async () => {
    const { run } = setUp({ rows: [row({ availableMinor: 5n })] });
    const { hint } = await runBatch(run, [deduct()], { lookUpKeys: true, wholeAccounts: new Set(['acme']) });
    expect(hint).toEqual({ lookUpKeys: false, wholeAccounts: new Set(['acme']) });
  });

  test('takes effect exactly once, whatever breaks at whatever step, if its sender asks until it is told', async () => {
    await fc.assert(
      fc.asyncProperty(
        batchesOut(),
        fc.array(mishap(), { maxLength: MISHAPS_MAX }),
        async (batches, mishaps) => {
          const rows = [30n, 0n, 45n].map((availableMinor, index) => row({ index, availableMinor }));
          const { run, database } = setUp({ rows, interfere: breaking(mishaps) });
          const model = new OneAccount(75n, 'active');

          for (const batch of batches) {
            const outcomes = await askUntilTold(run, batch);
            batch.forEach((command, position) => {
              const outcome = outcomes[position] as Outcome;
              const expected = model.judge(command);
              // An answer that was lost on the way turns "applied" into "replayed", and nothing else into anything.
              expect([expected, expected === 'applied' ? 'replayed' : expected]).toContain(outcome.kind);
              if (outcome.kind === 'departed' && command.kind === 'transferOut')
                expect(outcome.departure?.amountMinor ?? 0n).toBe(model.departedMinor(command.transferId));
            });
          }
          const { available, gone } = worthOf(database);
          expect(available).toBe(model.availableMinor);
          expect(available + gone).toBe(75n);
        },
      ),
      RUNS,
    );
  });

  test('sent through two instances at the same moment takes effect once', async () => {
    await fc.assert(
      fc.asyncProperty(batchesOut(), async (batches) => {
        const rows = [30n, 0n, 45n].map((availableMinor, index) => row({ index, availableMinor }));
        const { run, database } = setUp({ rows });
        const other = { ...run, store: new MemoryBatchStore(database) };

        for (const batch of batches) {
          const [here, there] = await Promise.all([
            runBatch(run, batch, NO_HINT),
            runBatch(other, batch, NO_HINT),
          ]);
          batch.forEach((_, position) => {
            const kinds = [here.outcomes[position]?.kind, there.outcomes[position]?.kind];
            expect(kinds.filter((kind) => kind === 'applied').length).toBeLessThanOrEqual(1);
            expect(kinds.includes('applied') && kinds.includes('insufficientFunds')).toBe(false);
          });
        }
        const { available, gone } = worthOf(database);
        expect(available + gone).toBe(75n);
      }),
      RUNS,
    );
  });
});

function setUp(given: {
  readonly rows: readonly SubAccount[];
  readonly faults?: ScriptedFaults;
  readonly interfere?: Interference;
  readonly clock?: TestClock;
  readonly lockWait?: LockWait;
}) {
  const {
    rows,
    faults = new ScriptedFaults(),
    clock = new TestClock(),
    interfere = faults.interfere,
  } = given;
  const database = new MemoryDatabase('s0', () => 0, given.lockWait);
  for (const each of rows) database.account(each.accountId).rows.set(each.index, each);
  const created: unknown[] = [];
  const run: RunBatch = {
    store: new MemoryBatchStore(database, interfere),
    policy: RETRY_POLICY,
    surroundings: clock,
    createMissingRows: (missing) => {
      created.push(missing);
      database.createRows(
        missing.map((each) => ({ ...each, epoch: 1, accountStatus: 'active', accountStatusVersion: 1 })),
      );
      return Promise.resolve();
    },
  };
  return { run, database, faults, clock, created };
}

function entryOf(outcome: Outcome | undefined) {
  return outcome?.kind === 'applied' ? outcome.entry : undefined;
}

/** Batches that take money out of one account. Some keys come back, always with the same request. */
function batchesOut(): fc.Arbitrary<Command[][]> {
  const amounts = fc.array(fc.bigInt(1n, 30n), { minLength: 10, maxLength: 10 });
  const pick = fc.record({
    key: fc.nat({ max: 9 }),
    subAccount: fc.nat({ max: 2 }),
    away: fc.constantFrom(false, false, false, true),
  });
  const picks = fc.array(pick, { minLength: 1, maxLength: 6 });
  return fc
    .record({ amounts, batches: fc.array(picks, { minLength: 1, maxLength: 4 }) })
    .map(({ amounts: amountOf, batches }) =>
      batches.map((batch) =>
        batch.map(({ key, subAccount, away }) => {
          const amountMinor = amountOf[key] as bigint;
          return away
            ? transferOut({ transferId: `t${key}`, amountMaxMinor: amountMinor })
            : deduct({ requestId: `k${key}`, amountMinor, subAccount });
        }),
      ),
    );
}

/** What the account has, and what was deducted or sent away. */
function worthOf(database: MemoryDatabase): { available: bigint; gone: bigint } {
  const { rows, entries, transfers } = database.account('acme');
  const left = [...transfers.values()].filter((transfer) => transfer.direction === 'out');
  return {
    available: [...rows.values()].reduce((sum, each) => sum + each.availableMinor, 0n),
    gone: [...entries.values(), ...left].reduce((sum, each) => sum + each.amountMinor, 0n),
  };
}

/** After how many more steps something breaks, and what. */
function mishap() {
  return fc.record({
    steps: fc.nat({ max: 5 }),
    verdict: fc.constantFrom<FaultVerdict>('again', 'unavailable', 'outcomeUnknown'),
  });
}

function breaking(
  mishaps: readonly { readonly steps: number; readonly verdict: FaultVerdict }[],
): Interference {
  const coming = [...mishaps];
  let left = coming[0]?.steps ?? 0;
  return (step) => {
    if (coming.length === 0) return undefined;
    if (left > 0) {
      left -= 1;
      return undefined;
    }
    const verdict = coming.shift()?.verdict;
    left = coming[0]?.steps ?? 0;
    return step === 'afterCommit' ? 'outcomeUnknown' : verdict;
  };
}

/** What a client does: the same request again, until there is an answer. */
async function askUntilTold(run: RunBatch, batch: readonly Command[]): Promise<readonly Outcome[]> {
  for (let asked = 1; ; asked += 1) {
    try {
      return (await runBatch(run, batch, NO_HINT)).outcomes;
    } catch (error) {
      const mayAskAgain = error instanceof ShardUnavailableError || error instanceof ShardContendedError;
      if (!mayAskAgain || asked > MISHAPS_MAX) throw error;
    }
  }
}
