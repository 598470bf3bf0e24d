import type { Changes } from '../../../ledger/shard-state';
import { guardFirst, UNGUARDED } from './guard';
import { literal } from './literal';

/** Inserts a batch's halves of transfers with one plain INSERT: an arrival that exists is an error (1062). */
export function insertTransfers(changes: Changes, guard = UNGUARDED): string | undefined {
  const rows = [
    ...changes.departures.map((departure) => ({
      ...departure,
      direction: 'out',
      peer: departure.toShard,
      pending: 1,
      toVersion: null,
    })),
    ...changes.arrivals.map((arrival) => ({
      ...arrival,
      direction: 'in',
      peer: arrival.fromShard,
      pending: null,
      fromVersion: null,
    })),
    ...changes.localMoves.map((move) => ({ ...move, direction: 'local', peer: null, pending: null })),
  ];
  if (rows.length === 0) return undefined;
  return `INSERT INTO transfer (account_id, transfer_id, direction, from_sub_account, to_sub_account, peer_shard, amount, pending, created_at_us, from_version, to_version)
    VALUES ${rows
      .map(
        (row, at) =>
          `(${guardFirst(guard, at)(literal(row.accountId))},${literal(row.transferId)},'${row.direction}',${row.fromSubAccount},` +
          `${row.toSubAccount},${literal(row.peer)},${row.amountMinor},${row.pending ?? 'NULL'},${changes.nowUs},` +
          `${row.fromVersion ?? 'NULL'},${row.toVersion ?? 'NULL'})`,
      )
      .join(',')}`;
}
