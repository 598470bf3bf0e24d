import { insertEntries, prepareBatchStatements } from '../../src/shards/sqlite/batch-statements';
import { type EntryWriter, SETTLE_ROW } from './entry-writer';
import { openSqliteWriter } from './sqlite-connection';

/** One connection; each write is one transaction of the product's own prepared INSERTs. */
export function openSqliteEntryWriter(path: string): EntryWriter {
  const connection = openSqliteWriter(path);
  const statements = prepareBatchStatements(connection);
  const settleRow = connection.prepare(SETTLE_ROW);
  return {
    write: (entries) => {
      statements.begin.run();
      insertEntries(statements, entries);
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
