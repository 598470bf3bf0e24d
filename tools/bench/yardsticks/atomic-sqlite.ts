import type { Statement } from 'better-sqlite3';
import { BATCH_WRITES, entryRows } from '../../../src/shards/sqlite/batch-writes';
import type { OneRowStore } from './one-row-store';
import { openSqliteWriter } from './sqlite-connection';

const DEDUCT = `UPDATE sub_account SET available = available - ?, net = net - ?, version = version + 1,
    outside_version = outside_version + 1
  WHERE account_id = ? AND idx = ? AND available >= ? RETURNING version`;

/** One writer: transactions run one after the other, in the order they came. */
export function openSqliteAtomic(path: string): OneRowStore {
  const connection = openSqliteWriter(path);
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) =>
    connection.prepare(sql),
  ) as [Statement, Statement, Statement];
  const insertEntry = connection.prepare(BATCH_WRITES.insertEntry.sql);
  const update = connection.prepare(DEDUCT).raw();
  let last: Promise<unknown> = Promise.resolve();

  const deduct: OneRowStore['deduct'] = (entry) => {
    const { amountMinor: amount, accountId, subAccount } = entry;
    const turn = last.then(() => {
      begin.run();
      const row = update.get(amount, amount, accountId, subAccount, amount) as [bigint] | undefined;
      if (!row) {
        rollback.run();
        return false;
      }
      insertEntry.run(entryRows([{ ...entry, version: Number(row[0]) }]));
      commit.run();
      return true;
    });
    last = turn;
    return turn;
  };
  return {
    deduct,
    close: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}
