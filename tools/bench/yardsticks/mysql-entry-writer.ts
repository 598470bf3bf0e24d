import { createConnection } from 'mysql2/promise';
import { insertEntries } from '../../../src/shards/mysql/statements/insert-entries';
import { type EntryWriter, SETTLE_ROW } from './entry-writer';

/** One session; each write is one multi-row INSERT that commits by itself. */
export async function openMysqlEntryWriter(url: string): Promise<EntryWriter> {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000 });
  return {
    write: async (entries) => {
      await connection.query(insertEntries(entries));
    },
    settle: async (accountId, spendings) => {
      for (const { subAccount, amountMinor, entries } of spendings) {
        const amount = amountMinor.toString();
        await connection.query(SETTLE_ROW, [amount, amount, entries, accountId, subAccount]);
      }
    },
    close: () => connection.end(),
  };
}
