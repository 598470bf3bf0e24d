import { confirm, credit, deduct, fence, hold, row } from '../../test/models/commands';
import { ScriptedFaults } from '../../test/models/scripted-faults';
import { TestClock } from '../../test/models/test-clock';
import type { Command } from '../ledger/command';
import { type Ahead, scopeAhead } from './ahead';
import { MemoryBatchStore } from './memory/memory-batch-store';
import { MemoryDatabase } from './memory/memory-database';
import { RETRY_POLICY, runBatch } from './run-batch';
import { type BatchChain, type BatchResult, NO_HINT } from './shard';

describe('what is locked ahead for the next batch', () => {
  const onRows = (...rows: number[]): Command[] =>
    rows.map((subAccount, position) => deduct({ requestId: `r${position}`, subAccount }));
  const waiting = (commands: readonly Command[], isFull = false) => ({ commands, isFull });

  test('nothing when nothing waits', () => {
    expect(scopeAhead(onRows(0, 0, 0, 0), waiting([]))).toBeUndefined();
  });

  test('the rows of a full batch that waits, and no others', () => {
    expect(scopeAhead(onRows(7), waiting(onRows(1, 2, 1), true))).toEqual({
      rows: new Map([['acme', new Set([1, 2])]]),
    });
  });

  test('the rows of both, where few rows serve many commands', () => {
    expect(scopeAhead(onRows(0, 1, 0, 1, 0, 1, 0, 1), waiting(onRows(1)))).toEqual({
      rows: new Map([['acme', new Set([0, 1])]]),
    });
  });

  test('nothing where commands are scattered: what comes in meanwhile would be for other rows', () => {
    expect(scopeAhead(onRows(0, 1, 0, 1, 0, 1, 0), waiting(onRows(1)))).toBeUndefined();
    expect(scopeAhead(onRows(0, 1, 0, 1, 0, 1, 0, 1), waiting(onRows(2)))).toBeUndefined();
  });

  test('nothing for what needs an account whole', () => {
    expect(scopeAhead(onRows(0, 0, 0, 0), waiting([fence()], true))).toBeUndefined();
  });
});

describe('a batch whose rows were locked ahead', () => {
  const deductions = (...ids: string[]): Command[] =>
    ids.map((requestId) => deduct({ requestId, amountMinor: 1n }));

  test('takes one trip: it neither begins nor locks', async () => {
    const { run, faults, available } = batches();
    const ahead = await openedBy(await run(deductions('a', 'b', 'c', 'd'), chain(deductions('e'))));
    expect(ahead?.covers(deduct())).toBe(true);
    faults.steps.length = 0;

    const { outcomes } = await run(deductions('e', 'f'), { ...chain([]), ahead });
    expect(outcomes).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
    expect(faults.steps).toEqual(['beforeCommit', 'afterCommit']);
    expect(available()).toBe(94n);
  });

  test('looks up under those locks what its commands are about', async () => {
    const { run, faults, available } = batches();
    const taken = [hold({ requestId: 'h', amountMinor: 5n }), ...deductions('a', 'b', 'c')];
    const ahead = await openedBy(await run(taken, chain([confirm({ holdId: 'h' })])));
    faults.steps.length = 0;
    const { outcomes } = await run([confirm({ holdId: 'h' })], { ...chain([]), ahead });
    expect(outcomes).toMatchObject([{ kind: 'holdSettled', hold: { state: 'confirmed' } }]);
    expect(faults.steps).toEqual(['lookUp', 'beforeCommit', 'afterCommit']);
    expect(available()).toBe(92n);
  });

  test('begins anew when it names another row; nobody waits for the locks any more', async () => {
    const { run, faults } = batches();
    const ahead = await openedBy(await run(deductions('a', 'b', 'c', 'd'), chain(deductions('e'))));
    faults.steps.length = 0;
    const both = [deduct({ requestId: 'e', amountMinor: 1n }), credit({ requestId: 'f', subAccount: 1 })];
    expect((await run(both, { ...chain([]), ahead })).outcomes).toMatchObject([
      { kind: 'applied' },
      { kind: 'applied' },
    ]);
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit', 'afterCommit']);
  });

  test('begins anew when it needs an account whole, of which only some rows are locked', async () => {
    const { run, faults } = batches();
    const ahead = await openedBy(await run(deductions('a', 'b', 'c', 'd'), chain(deductions('e'))));
    faults.steps.length = 0;
    const short = { lookUpKeys: false, wholeAccounts: new Set(['acme']) };
    const { outcomes } = await run([deduct({ amountMinor: 97n })], { ...chain([]), ahead }, short);
    expect(outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit', 'afterCommit']);
  });

  test('begins anew when it must be tried again', async () => {
    const { run, faults } = batches();
    const ahead = await openedBy(await run(deductions('a', 'b', 'c', 'd'), chain(deductions('e'))));
    faults.steps.length = 0;
    faults.plan('beforeCommit', ['again']);
    expect((await run(deductions('e'), { ...chain([]), ahead })).outcomes).toMatchObject([
      { kind: 'applied' },
    ]);
    expect(faults.steps).toEqual(['beforeCommit', 'begin', 'lock', 'lookUp', 'beforeCommit', 'afterCommit']);
  });

  test('is not begun ahead when its rows cannot be locked, and the batch before it stands', async () => {
    const { run, faults, available } = batches();
    faults.plan('lockAhead', ['outcomeUnknown']);
    const first = await run(deductions('a', 'b', 'c', 'd'), chain(deductions('e')));
    expect(first.outcomes).toHaveLength(4);
    expect(await openedBy(first)).toBeUndefined();
    expect((await run(deductions('e'), chain([]))).outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(available()).toBe(95n);
  });

  test('is given up without a trace', async () => {
    const { run, available } = batches();
    const ahead = await openedBy(await run(deductions('a', 'b', 'c', 'd'), chain(deductions('e'))));
    await ahead?.giveUp();
    await run(deductions('e'), chain([]));
    expect(available()).toBe(95n);
  });
});

function chain(commands: readonly Command[]): BatchChain {
  return { next: () => ({ commands, isFull: false }) };
}

function openedBy({ ahead }: BatchResult): Promise<Ahead | undefined> {
  return ahead ?? Promise.resolve(undefined);
}

/** Batches on an account with 100 in its sub-account 0 and 1 in the other. */
function batches() {
  const clock = new TestClock();
  const database = new MemoryDatabase('s0', () => clock.now() * 1_000);
  database.account('acme').rows.set(0, row({ availableMinor: 100n }));
  database.account('acme').rows.set(1, row({ index: 1, availableMinor: 1n }));
  const faults = new ScriptedFaults();
  const store = new MemoryBatchStore(database, faults.interfere);
  const parts = {
    store,
    policy: RETRY_POLICY,
    surroundings: clock,
    createMissingRows: () => Promise.resolve(),
  };
  return {
    faults,
    run: (commands: readonly Command[], link: BatchChain, hint = NO_HINT) =>
      runBatch(parts, commands, hint, link),
    available: () => database.account('acme').rows.get(0)?.availableMinor,
  };
}
