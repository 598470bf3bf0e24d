import {
  cancel,
  confirm,
  credit,
  deduct,
  expire,
  fence,
  hold,
  level,
  reverse,
  row,
  transferIn,
  transferOut,
} from '../../test/models/commands';
import { ScriptedFaults } from '../../test/models/scripted-faults';
import type { Command } from '../ledger/command';
import type { Outcome } from '../ledger/outcome';
import type { SubAccount } from '../ledger/sub-account';
import { type Attempt, attemptBatch } from './attempt-batch';
import type { BatchStore, KeyScope, RowScope } from './batch-transaction';
import { type FaultVerdict, ShardFault } from './faults';
import type { MemoryStep } from './memory/interference';
import { MemoryBatchStore } from './memory/memory-batch-store';
import { MemoryDatabase } from './memory/memory-database';

const NOTHING_AHEAD = { lookUpKeys: false, wholeAccounts: new Set<string>() };

describe('an attempt', () => {
  test('locks, decides, writes and commits, and looks no key up when there is nothing to refuse', async () => {
    const { store, faults, database } = storeWith([row({ availableMinor: 50n })]);
    const attempt = await attemptBatch(store, [deduct({ amountMinor: 20n })], NOTHING_AHEAD);

    expect(attempt).toMatchObject({ kind: 'committed', outcomes: [{ kind: 'applied' }] });
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit', 'afterCommit']);
    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(30n);
  });

  test('looks keys up in the same transaction before it refuses', async () => {
    const { store, faults } = storeWith([row()]);
    const attempt = await attemptBatch(store, [deduct()], {
      ...NOTHING_AHEAD,
      wholeAccounts: new Set(['acme']),
    });

    expect(attempt).toMatchObject({ kind: 'committed', outcomes: [{ kind: 'insufficientFunds' }] });
    expect(faults.steps).toEqual(['begin', 'lock', 'lookUp', 'beforeCommit', 'afterCommit']);
  });

  test('looks keys up at once when told that some may be there', async () => {
    const { store, faults } = storeWith([row({ availableMinor: 50n })]);
    const scope = { ...NOTHING_AHEAD, lookUpKeys: true };
    await attemptBatch(store, [deduct(), transferIn()], scope);

    expect(await attemptBatch(store, [deduct(), transferIn()], scope)).toMatchObject({
      outcomes: [{ kind: 'replayed' }, { kind: 'alreadyArrived' }],
    });
    expect(faults.steps.filter((step) => step === 'lookUp')).toHaveLength(2);
  });

  test('does not widen its locks in the middle: it rolls back and says what it lacks', async () => {
    const { store, database } = storeWith([row({ index: 0 }), row({ index: 1, availableMinor: 50n })]);
    const batch = [credit({ requestId: 'c', subAccount: 1 }), deduct({ requestId: 'd' })];

    expect(await attemptBatch(store, batch, NOTHING_AHEAD)).toEqual({
      kind: 'widen',
      wholeAccounts: new Set(['acme']),
      pinnedRows: [],
    });
    expect(database.account('acme').entries.size).toBe(0);
    expect(
      await attemptBatch(store, batch, { ...NOTHING_AHEAD, wholeAccounts: new Set(['acme']) }),
    ).toMatchObject({
      outcomes: [{ kind: 'applied' }, { kind: 'applied' }],
    });
  });

  test('rolls back and names the rows that do not exist', async () => {
    const { store, database } = storeWith([row({ availableMinor: 50n })]);
    const batch = [
      deduct({ requestId: 'a' }),
      credit({ requestId: 'b', subAccount: 4 }),
      transferIn({ accountId: 'new' }),
    ];

    expect(await attemptBatch(store, batch, NOTHING_AHEAD)).toEqual({
      kind: 'missingRows',
      rows: [
        { accountId: 'acme', index: 4 },
        { accountId: 'new', index: 0 },
      ],
    });
    expect(database.account('acme').rows.get(0)?.availableMinor).toBe(50n);
  });

  test('locks the rows that its commands name, and of accounts to lock whole only those it has to do with', async () => {
    const { store } = storeWith([row(), row({ index: 3 })]);
    const { recording, scopes } = recordingScopes(store);
    const batch: Command[] = [
      credit({ requestId: 'a' }),
      credit({ requestId: 'b', subAccount: 3 }),
      transferIn({ subAccount: 3 }),
    ];
    await attemptBatch(recording, batch, {
      lookUpKeys: true,
      wholeAccounts: new Set(['acme', 'someone-else']),
    });

    expect(scopes).toEqual([
      { rows: new Map([['acme', new Set([0, 3])]]), wholeAccounts: new Set(['acme']) },
      {
        ...NO_KEYS,
        requestIds: new Map([['acme', ['a', 'b']]]),
        arrivalIds: new Map([['acme', ['spread topup 0']]]),
      },
    ]);
  });

  test('loads what its commands are about with the locks, and no key that it need not know', async () => {
    const { store, faults } = storeWith([row({ availableMinor: 50n })]);
    await attemptBatch(store, [hold({ requestId: 'h' }), deduct({ requestId: 'd' })], NOTHING_AHEAD);
    faults.steps.length = 0;
    const { recording, scopes } = recordingScopes(store);
    const batch = [
      deduct({ requestId: 'plain' }),
      confirm({ holdId: 'h' }),
      cancel({ holdId: 'x' }),
      expire({ holdId: 'y' }),
      reverse({ reverses: 'd', requestId: 'back' }),
    ];

    expect(outcomesOf(await attemptBatch(recording, batch, NOTHING_AHEAD))).toMatchObject([
      { kind: 'applied' },
      { kind: 'holdSettled', hold: { state: 'confirmed' } },
      { kind: 'holdSettled', hold: { state: 'cancelled', amountMinor: 0n } },
      { kind: 'holdNotHere' },
      { kind: 'applied', entry: { kind: 'reversal' } },
    ]);
    expect(scopes).toEqual([
      {
        rows: new Map([['acme', new Set([0])]]),
        wholeAccounts: new Set(),
        keys: {
          ...NO_KEYS,
          holdIds: new Map([['acme', ['h', 'x', 'y']]]),
          requestIds: new Map([['acme', ['x', 'd', 'confirmation d', 'reversal d back']]]),
          reversedIds: new Map([['acme', ['d']]]),
        },
      },
    ]);
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit', 'afterCommit']);
  });

  test('locks all rows of an account from the start for a command that concerns all of them', async () => {
    const { store } = storeWith([row(), row({ index: 3, availableMinor: 50n }), row({ accountId: 'other' })]);
    const { recording, scopes } = recordingScopes(store);
    const batch = [deduct({ requestId: 'a' }), transferOut(), fence(), credit({ accountId: 'other' })];

    expect(await attemptBatch(recording, batch, NOTHING_AHEAD)).toMatchObject({
      outcomes: [{ kind: 'applied' }, { kind: 'departed' }, { kind: 'settled' }, { kind: 'applied' }],
    });
    expect(scopes).toEqual([
      {
        rows: new Map([
          ['acme', new Set([0])],
          ['other', new Set([0])],
        ]),
        wholeAccounts: new Set(['acme']),
      },
    ]);
  });

  test('looks nothing up for commands that may be repeated freely', async () => {
    const { store, faults } = storeWith([row()]);
    await attemptBatch(store, [fence(), level()], NOTHING_AHEAD);
    expect(faults.steps).toEqual(['begin', 'lock', 'beforeCommit', 'afterCommit']);
  });

  test('asks whether a transfer has left before it says that there is nothing to take', async () => {
    const { store } = storeWith([row({ availableMinor: 10n })]);
    const [first] = outcomesOf(await attemptBatch(store, [transferOut()], NOTHING_AHEAD));
    const { recording, scopes } = recordingScopes(store);

    expect(outcomesOf(await attemptBatch(recording, [transferOut()], NOTHING_AHEAD))).toEqual([first]);
    expect(scopes.slice(1)).toEqual([{ ...NO_KEYS, departureIds: new Map([['acme', ['pull 1']]]) }]);
  });

  test.each<[MemoryStep, FaultVerdict]>([
    ['begin', 'unavailable'],
    ['lock', 'again'],
    ['lookUp', 'outcomeUnknown'],
    ['beforeCommit', 'outcomeUnknown'],
    ['afterCommit', 'outcomeUnknown'],
  ])('that breaks at %s rejects with the fault and leaves the store free', async (step, verdict) => {
    const { store, database } = storeWith(
      [row({ availableMinor: 50n })],
      new ScriptedFaults({ [step]: [verdict] }),
    );
    const scope = { ...NOTHING_AHEAD, lookUpKeys: true };

    await expect(attemptBatch(store, [deduct()], scope)).rejects.toMatchObject({
      name: 'ShardFault',
      shard: 's0',
      verdict,
    });
    expect(database.account('acme').entries.size).toBe(step === 'afterCommit' ? 1 : 0);
    expect(await attemptBatch(store, [deduct()], scope)).toMatchObject({ kind: 'committed' });
  });

  test('that found nothing asks whose database that was before it commits, in its transaction', async () => {
    const { store, faults } = storeWith([row({ availableMinor: 50n })]);
    const asked: unknown[] = [];
    const confirmOwn = (identity: unknown): Promise<void> => {
      asked.push([identity, ...faults.steps]);
      return Promise.reject(new ShardFault('s0', 'unavailable', new Error('another database')));
    };
    const both = [deduct({ requestId: 'd' }), confirm({ holdId: 'none' })];
    await expect(attemptBatch(store, both, NOTHING_AHEAD, { confirmOwn })).rejects.toMatchObject({
      verdict: 'unavailable',
    });
    expect(asked).toEqual([[undefined, 'begin', 'lock', 'lookUp']]);
    expect(faults.steps).not.toContain('beforeCommit');

    // What is found needs no such question.
    const found = await attemptBatch(store, [deduct({ requestId: 'd' })], NOTHING_AHEAD, { confirmOwn });
    expect(outcomesOf(found)).toMatchObject([{ kind: 'applied' }]);
    expect(asked).toHaveLength(1);
  });

  test('that meets a defect of ours rolls back and passes it on', async () => {
    const { store } = storeWith([row({ availableMinor: 50n })]);
    const unheardOf = { ...deduct(), kind: 'abolish', amountMinor: 0, requestId: 'x' } as unknown as Command;

    await expect(attemptBatch(store, [unheardOf], NOTHING_AHEAD)).rejects.toThrow(TypeError);
    expect(await attemptBatch(store, [deduct()], NOTHING_AHEAD)).toMatchObject({ kind: 'committed' });
  });
});

const NO_KEYS: KeyScope = {
  requestIds: new Map(),
  arrivalIds: new Map(),
  departureIds: new Map(),
  holdIds: new Map(),
  reversedIds: new Map(),
  intakeIds: new Map(),
};

function storeWith(rows: readonly SubAccount[], faults = new ScriptedFaults()) {
  const database = new MemoryDatabase('s0', () => 0);
  for (const each of rows) database.account(each.accountId).rows.set(each.index, each);
  return { database, faults, store: new MemoryBatchStore(database, faults.interfere) };
}

function outcomesOf(attempt: Attempt): readonly Outcome[] {
  return attempt.kind === 'committed' ? attempt.outcomes : [];
}

/** What is asked of each transaction of a store. */
function recordingScopes(store: BatchStore) {
  const scopes: (RowScope | KeyScope)[] = [];
  const begin: BatchStore['begin'] = async () => {
    const transaction = await store.begin();
    return {
      lock: (scope) => (scopes.push(scope), transaction.lock(scope)),
      lookUp: (keys) => (scopes.push(keys), transaction.lookUp(keys)),
      identity: () => transaction.identity(),
      commit: (changes) => transaction.commit(changes),
      rollback: () => transaction.rollback(),
    };
  };
  const recording: BatchStore = {
    name: store.name,
    open: () => store.open(),
    close: () => store.close(),
    lockedAccounts: (scope) => store.lockedAccounts(scope),
    begin,
  };
  return { recording, scopes };
}
