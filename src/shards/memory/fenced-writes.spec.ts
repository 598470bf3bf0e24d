import { changesOf } from '../../../test/models/changes';
import { deduct, row } from '../../../test/models/commands';
import type { Changes } from '../../ledger/shard-state';
import { MemoryBatchStore } from './memory-batch-store';
import { MemoryDatabase } from './memory-database';

const SCOPE = { rows: new Map([['acme', new Set([0])]]), wholeAccounts: new Set<string>() };

describe('a transaction on a node of a cluster, in memory', () => {
  test('is written and proven', async () => {
    const { database, store } = onNode();
    const transaction = await store.begin();
    await transaction.lock(SCOPE);
    await transaction.commit(deduction('k1'));
    expect(books(database)).toEqual({ availableMinor: 40n, keys: ['k1'] });
  });

  // The entry, the row, the COMMIT.
  test.each([
    [0, 'again'],
    [1, 'again'],
    [2, 'outcomeUnknown'],
  ])(
    'leaves nothing behind when it is rolled back before statement %d of its trip: "%s"',
    async (before, verdict) => {
      const { database, store } = onNode();
      database.rolledBackBefore = () => before;
      const transaction = await store.begin();
      await transaction.lock(SCOPE);
      await expect(transaction.commit(deduction('k1'))).rejects.toMatchObject({ verdict });
      await transaction.rollback();
      expect(books(database)).toEqual({ availableMinor: 50n, keys: [] });
    },
  );

  test('is not taken for the one before it in the same session', async () => {
    const { database, store } = onNode();
    const first = await store.begin();
    await first.lock(SCOPE);
    const { ahead } = await first.commit(deduction('k1'), () => ({ rows: SCOPE.rows }));
    const next = await ahead;
    database.rolledBackBefore = () => 2;
    await expect(next?.transaction.commit(deduction('k2', 30n))).rejects.toMatchObject({
      verdict: 'outcomeUnknown',
    });
    expect(books(database)).toEqual({ availableMinor: 40n, keys: ['k1'] });
  });

  test('cannot be committed behind a change of the writer, and keeps no locks from the next writer', async () => {
    const { database, store } = onNode();
    const old = await store.begin();
    await old.lock(SCOPE);
    expect(database.changeWriter()).toBe(1);
    const next = await store.begin();
    await next.lock(SCOPE);
    await next.commit(deduction('k2'));
    await expect(old.commit(deduction('k1', 0n))).rejects.toMatchObject({ verdict: 'again' });
    expect(books(database)).toEqual({ availableMinor: 40n, keys: ['k2'] });
  });

  test('does not begin in a session of the writer before', async () => {
    const { database, store } = onNode();
    const old = await store.begin();
    database.changeWriter();
    await expect(old.lock(SCOPE)).rejects.toMatchObject({ verdict: 'unavailable' });
  });
});

function onNode(): { database: MemoryDatabase; store: MemoryBatchStore } {
  const database = new MemoryDatabase('s0', () => 0);
  database.joinCluster();
  database.account('acme').rows.set(0, row({ availableMinor: 50n }));
  return { database, store: new MemoryBatchStore(database) };
}

function deduction(requestId: string, availableMinor = 40n): Changes {
  const command = deduct({ requestId });
  const { accountId, amountMinor, fingerprint, reference, metadata, subAccount, epoch } = command;
  const entry = { accountId, amountMinor, fingerprint, reference, metadata, subAccount, epoch, requestId };
  return changesOf({
    subAccounts: [row({ availableMinor })],
    entries: [{ ...entry, kind: 'deduction', version: 1, createdAtUs: 1 }],
  });
}

function books(database: MemoryDatabase): { availableMinor: bigint | undefined; keys: string[] } {
  const { rows, entries } = database.account('acme');
  return { availableMinor: rows.get(0)?.availableMinor, keys: [...entries.keys()] };
}
