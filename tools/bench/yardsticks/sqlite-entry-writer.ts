import { BATCH_WRITES, entryRows } from '../../../src/shards/sqlite/batch-writes';
import { FileWriter } from '../../../src/shards/sqlite/file-writer';
import { type EntryWriter, SETTLE_ROW } from './entry-writer';
import { openSqliteWriter } from './sqlite-connection';

const MS_MAX = 10_000;

/** Each write is one transaction of the product's own INSERTs, in a thread for each file as the product's are. */
export async function openSqliteEntryWriter(path: string): Promise<EntryWriter> {
  const connection = openSqliteWriter(path);
  const writer = new FileWriter({
    path,
    statements: BATCH_WRITES,
    startMsMax: MS_MAX,
    writeMsMax: MS_MAX,
    stopMsMax: MS_MAX,
  });
  await writer.open();
  const settleRow = connection.prepare(SETTLE_ROW);
  return {
    write: (entries) => writer.write([['insertEntry', entryRows(entries)]]),
    settle: (accountId, spendings) => {
      for (const { subAccount, amountMinor, entries } of spendings)
        settleRow.run(amountMinor, amountMinor, entries, accountId, subAccount);
      return Promise.resolve();
    },
    close: async () => {
      await writer.stop();
      connection.close();
    },
  };
}
