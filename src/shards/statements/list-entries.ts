import type { Parameter } from '../database';
import type { EntryQuery } from '../shard';
import { LISTED_KINDS } from '../../ledger/entry';
import { ENTRY_COLUMNS } from './entry-row';
import type { Statement } from './statement';

/**
 * Entries of an account before a position, newest first. Plain read of the clustered index, backwards.
 *
 * Positions order by (time, shard, sub-account, version). Within this shard the shard's name is a constant, so it only
 * decides whether entries of the position's very microsecond come before or after it.
 */
export function listEntries(shard: string, query: EntryQuery): Statement {
  const { before } = query;
  const conditions = ['account_id = ?', 'created_at_us <= ?'];
  const parameters: Parameter[] = [query.accountId, before.createdAtUs];
  const add = (condition: string, ...values: Parameter[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };

  if (shard > before.shard) {
    add('created_at_us < ?', before.createdAtUs);
  } else if (shard === before.shard) {
    add(
      '(created_at_us < ? OR sub_account < ? OR (sub_account = ? AND version < ?))',
      before.createdAtUs,
      before.subAccount,
      before.subAccount,
      before.version,
    );
  }
  if (query.kind !== undefined) add('kind = ?', query.kind);
  else add(`kind IN (${LISTED_KINDS.map(() => '?').join(', ')})`, ...LISTED_KINDS);
  if (query.fromUs !== undefined) add('created_at_us >= ?', query.fromUs);
  if (query.toUs !== undefined) add('created_at_us < ?', query.toUs);
  return {
    sql: `SELECT ${ENTRY_COLUMNS} FROM entry WHERE ${conditions.join(' AND ')}
      ORDER BY created_at_us DESC, sub_account DESC, version DESC LIMIT ?`,
    parameters: [...parameters, query.limit],
  };
}
