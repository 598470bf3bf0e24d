import { prepareBatchStatements } from '../../src/shards/sqlite/batch-statements';
import { entryParameters } from '../../src/shards/statements/entry-row';
import { type EntryWriter, SETTLE_ROW } from './entry-writer';
import { openSqliteWriter } from './sqlite-connection';

/** One connection; each write is one transaction of prepared single-row INSERTs, as the product's is. */
export function openSqliteEntryWriter(path: string): EntryWriter {
  const connection = openSqliteWriter(path);
  const statements = prepareBatchStatements(connection);
  const settleRow = connection.prepare(SETTLE_ROW);
  return {
    write: (entries) => {
      statements.begin.run();
      for (const entry of entries) statements.insertEntry.run(...entryParameters(entry));
      statements.commit.run();
      return Promise.resolve();
    },
    settle: (accountId, spendings) => {
      for (const { subAccount, amountMinor, entries } of spendings)
        settleRow.run(amountMinor, amountMinor, entries, accountId, subAccount);
      return Promise.resolve();
    },
    close: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}
