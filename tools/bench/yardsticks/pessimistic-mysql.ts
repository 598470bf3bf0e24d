import { format, type PoolConnection } from 'mysql2/promise';
import type { Entry } from '../../../src/ledger/entry';
import { ENTRY_COLUMNS } from '../../../src/shards/statements/entry-row';
import { openMysqlPool } from './mysql-pool';
import type { OneRowStore } from './one-row-store';

/**
 * Locks the row and reads it, decides, then writes, in as few round trips as that can be done in: two. What the client
 * decides on is what it has read, so the lock is held while the answer travels to it and back.
 */
const LOCK = `START TRANSACTION;
  SELECT available, version FROM sub_account WHERE account_id = ? AND idx = ? FOR UPDATE`;

const WRITE = `UPDATE sub_account SET available = available - ?, net = net - ?, version = ?,
      outside_version = outside_version + 1
    WHERE account_id = ? AND idx = ?;
  INSERT INTO entry (${ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL);
  COMMIT`;

export async function openMysqlPessimistic(url: string, connections: number): Promise<OneRowStore> {
  const pool = await openMysqlPool(url, connections);
  return {
    deduct: async (entry) => {
      const connection = await pool.getConnection();
      try {
        return await deduct(connection, entry);
      } finally {
        connection.release();
      }
    },
    close: () => pool.end(),
  };
}

async function deduct(connection: PoolConnection, entry: Entry): Promise<boolean> {
  const { accountId, subAccount, createdAtUs, requestId, kind, epoch } = entry;
  const amount = Number(entry.amountMinor);
  const [results] = await connection.query({
    sql: format(LOCK, [accountId, subAccount]),
    rowsAsArray: true,
  });
  const [available, version] = (results as unknown as [unknown, number[][]])[1][0] ?? [];
  if (available === undefined || version === undefined || available < amount) {
    await connection.query('ROLLBACK');
    return false;
  }
  const next = version + 1;
  await connection.query(
    format(WRITE, [
      ...[amount, amount, next, accountId, subAccount],
      ...[accountId, createdAtUs, subAccount, next, requestId, kind, amount, epoch],
      Buffer.from(entry.fingerprint, 'hex'),
    ]),
  );
  return true;
}
