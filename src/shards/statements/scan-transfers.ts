import type { StoredTransfer } from '../../ledger/audit-transfer';
import { type Cell, type Dialect, exact, integer, text, textOrNull } from '../database';
import type { Scan, TransferPlace } from '../ledger-scan';
import { scanPage } from './scan-page';
import type { Statement } from './statement';

const COLUMNS =
  'account_id, transfer_id, direction, from_sub_account, to_sub_account, peer_shard, amount, pending, from_version, to_version';

/**
 * Transfers by account and id. Plain read; rides on the primary key. The direction, its last column, does not order the
 * pages: stores order it differently, and MySQL has no ranges on an ENUM.
 */
export function scanTransfers(scan: Scan<TransferPlace>, dialect: Dialect): Statement {
  return scanPage(
    dialect,
    {
      columns: COLUMNS,
      table: 'transfer',
      index: 'PRIMARY',
      order: ['account_id', 'transfer_id'],
      values: ({ accountId, transferId }) => [accountId, transferId],
    },
    scan,
  );
}

/** One half of each of some transfers. Plain read; rides on the primary key. */
export function findTransfers(ids: {
  readonly accountId: string;
  readonly transferIds: readonly string[];
  readonly direction: 'out' | 'in';
}): Statement {
  const { accountId, transferIds, direction } = ids;
  return {
    sql: `SELECT ${COLUMNS} FROM transfer
      WHERE account_id = ? AND transfer_id IN (${transferIds.map(() => '?').join(', ')}) AND direction = ?`,
    parameters: [accountId, ...transferIds, direction],
  };
}

export function toStoredTransfer(row: readonly Cell[]): StoredTransfer {
  const version = (cell: Cell | undefined): number | null =>
    cell === null || cell === undefined ? null : integer(cell);
  return {
    accountId: text(row[0]),
    transferId: text(row[1]),
    direction: text(row[2]) as StoredTransfer['direction'],
    fromSubAccount: integer(row[3]),
    toSubAccount: integer(row[4]),
    peerShard: textOrNull(row[5] ?? null),
    amountMinor: exact(row[6]),
    pending: row[7] !== null,
    fromVersion: version(row[8]),
    toVersion: version(row[9]),
  };
}
