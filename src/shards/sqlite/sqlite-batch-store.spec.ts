import Sqlite from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changesOf } from '../../../test/models/changes';
import type { Entry } from '../../ledger/entry';
import type { BatchTransaction } from '../batch-transaction';
import { SqliteBatchStore } from './sqlite-batch-store';
import { SqliteFile } from './sqlite-file';

/** So short that a file which somebody else has locked is not written in time, and long enough for any other. */
const WRITE_MS_MAX = 500;

describe('batches on a SQLite file', () => {
  let folder: string;
  let file: SqliteFile;
  let store: SqliteBatchStore;
  /** Another connection of this process that goes past the file's turnstile. */
  let beside: Sqlite.Database;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplit-test-'));
    const path = join(folder, 'shard.sqlite');
    file = SqliteFile.open(path);
    await file.migrate('shard');
    beside = new Sqlite(path);
    store = new SqliteBatchStore('s0', file, false, {
      startMsMax: 10_000,
      writeMsMax: WRITE_MS_MAX,
      stopMsMax: 20,
    });
    await store.open();
  });

  afterEach(async () => {
    beside.close();
    await store.close();
    await file.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const keys = (): unknown[] => beside.prepare('SELECT request_id FROM entry ORDER BY version').pluck().all();

  const commit = async (entry: Entry): Promise<void> => {
    const transaction = await store.begin();
    await writeIn(transaction, entry);
  };

  /** A batch that was not answered, because another connection has the file locked. */
  const commitWithoutAnswer = async (entry: Entry): Promise<void> => {
    beside.exec('BEGIN IMMEDIATE');
    await expect(commit(entry)).rejects.toMatchObject({ verdict: 'outcomeUnknown' });
  };

  test('are written one after the other, each seeing what came before it', async () => {
    const found = await Promise.all(
      [1, 2, 3].map(async (version) => {
        const transaction = await store.begin();
        const { entries } = await transaction.lookUp(keyScope(['key-1', 'key-2', 'key-3']));
        await writeIn(transaction, entryAt(version));
        return entries.length;
      }),
    );
    expect(found).toEqual([0, 1, 2]);
    expect(keys()).toEqual(['key-1', 'key-2', 'key-3']);
  });

  test('that meet a used key are told so, and have written nothing', async () => {
    await commit(entryAt(1));
    const twice = commit({ ...entryAt(2), requestId: 'key-1' });
    await expect(twice).rejects.toMatchObject({ verdict: 'lookUpKeys' });
    await commit(entryAt(3));
    expect(keys()).toEqual(['key-1', 'key-3']);
  });

  test('wait for nobody once one is not answered, and for its end before another is let in', async () => {
    await commitWithoutAnswer(entryAt(1));
    await expect(store.begin()).rejects.toMatchObject({ verdict: 'unavailable' });

    const next = file.enterWriter();
    let isLetIn = false;
    void next.then(() => (isLetIn = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isLetIn).toBe(false);

    beside.exec('COMMIT');
    (await next).leave();
    const written = keys();
    await commit(entryAt(2));
    expect(keys()).toEqual([...written, 'key-2']);
  });

  test('end with the store, even if one was not answered', async () => {
    await commitWithoutAnswer(entryAt(1));
    await store.close();
    await expect(store.begin()).rejects.toMatchObject({ verdict: 'unavailable' });
    beside.exec('COMMIT');
    (await file.enterWriter()).leave();
  });
});

/** As `attemptBatch` does. */
async function writeIn(transaction: BatchTransaction, entry: Entry): Promise<void> {
  try {
    await transaction.commit(changesOf({ nowUs: entry.createdAtUs, entries: [entry] }));
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

function entryAt(version: number): Entry {
  return {
    accountId: 'acct',
    requestId: `key-${version}`,
    kind: 'credit',
    amountMinor: 2n ** 62n,
    subAccount: 0,
    version,
    epoch: 1,
    fingerprint: '0123456789abcdef0123456789abcdef',
    reference: null,
    metadata: null,
    createdAtUs: 1_764_000_000_000_000 + version,
  };
}

function keyScope(requestIds: readonly string[]): Parameters<BatchTransaction['lookUp']>[0] {
  const none = new Map<string, string[]>();
  return {
    requestIds: new Map([['acct', requestIds]]),
    arrivalIds: none,
    departureIds: none,
    holdIds: none,
    reversedIds: none,
    intakeIds: none,
  };
}
