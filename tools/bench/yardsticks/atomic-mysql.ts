import { format, type ResultSetHeader } from 'mysql2/promise';
import type { Entry } from '../../../src/ledger/entry';
import { ENTRY_COLUMNS } from '../../../src/shards/statements/entry-row';
import { openMysqlPool } from './mysql-pool';
import type { OneRowStore } from './one-row-store';

/**
 * Takes the money if it is there, writes the entry if it was, and commits, all in one round trip, so that the hot row's
 * lock is held for no network time at all. Four round trips would be the usual way; a yardstick should be a good one.
 */
const DEDUCT = `START TRANSACTION;
  UPDATE sub_account SET available = available - ?, net = net - ?, version = LAST_INSERT_ID(version + 1),
      outside_version = outside_version + 1
    WHERE account_id = ? AND idx = ? AND available >= ?;
  INSERT INTO entry (${ENTRY_COLUMNS})
    SELECT ?, ?, ?, LAST_INSERT_ID(), ?, ?, ?, ?, ?, NULL, NULL FROM DUAL WHERE ROW_COUNT() = 1;
  COMMIT`;

export async function openMysqlAtomic(url: string, connections: number): Promise<OneRowStore> {
  const pool = await openMysqlPool(url, connections);
  return {
    deduct: async (entry) => {
      const [results] = await pool.query(format(DEDUCT, parametersOf(entry)));
      return (results as unknown as ResultSetHeader[])[2]?.affectedRows === 1;
    },
    close: () => pool.end(),
  };
}

function parametersOf(entry: Entry): (string | number | Buffer)[] {
  const { accountId, subAccount, createdAtUs, requestId, kind, epoch } = entry;
  const amount = Number(entry.amountMinor);
  const fingerprint = Buffer.from(entry.fingerprint, 'hex');
  return [
    ...[amount, amount, accountId, subAccount, amount],
    ...[accountId, createdAtUs, subAccount, requestId, kind, amount, epoch, fingerprint],
  ];
}
