import type { Dialect, Parameter } from '../database';
import { MARKS_FROM_US } from '../entry-place';
import type { EntryPosition, EntryQuery } from '../shard';
import { LISTED_KINDS } from '../../ledger/entry';
import { READ_ENTRY_COLUMNS } from './entry-row';
import type { Statement } from './statement';

/** The database that is read. */
interface At {
  readonly shard: string;
  readonly dialect: Dialect;
}

/** MySQL would rather read all of the account's keys and sort them. SQLite has no other order by time. */
export const IN_PLACE_ORDER: Readonly<Record<Dialect, string>> = {
  mysql: 'FORCE INDEX (PRIMARY)',
  sqlite: '',
};

/** A stretch of an account's entries, of whatever kind. */
type Stretch = Pick<EntryQuery, 'accountId' | 'before' | 'fromUs' | 'toUs'>;

/**
 * Entries of an account before a position, newest first, with the marks of holds that an older version wrote among them.
 * Plain read of the clustered index, backwards, from where the marks begin at most.
 */
export function entriesOfAnyKind({ shard, dialect }: At, stretch: Stretch, limit: number): Statement {
  const { conditions, parameters } = within(shard, stretch);
  return {
    sql: `SELECT ${READ_ENTRY_COLUMNS} FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')} ${NEWEST_FIRST} LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

/** Where so many entries of an account before a position end; no row where there are fewer. Read as the others. */
export function sliceEnd({ shard, dialect }: At, stretch: Stretch, entries: number): Statement {
  const { conditions, parameters } = within(shard, stretch);
  return {
    sql: `SELECT created_at_us, sub_account, version FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')} ${NEWEST_FIRST}
      LIMIT 1 OFFSET ?`,
    parameters: [...parameters, entries - 1],
  };
}

/**
 * Entries of an account before a position, newest first, of the kinds that are asked for. Plain read of the clustered
 * index, backwards, down to `end`: without one it may go through any number of entries of other kinds.
 */
export function listEntries(
  { shard, dialect }: At,
  query: EntryQuery,
  end: Omit<EntryPosition, 'shard'> | undefined,
): Statement {
  const { conditions, parameters } = within(shard, query);
  const add = (condition: string, ...values: Parameter[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  if (end) {
    const { createdAtUs, subAccount, version } = end;
    add('created_at_us >= ?', createdAtUs);
    add(
      '(created_at_us > ? OR sub_account > ? OR (sub_account = ? AND version >= ?))',
      createdAtUs,
      subAccount,
      subAccount,
      version,
    );
  }
  if (query.kind !== undefined) add('kind = ?', query.kind);
  else add(`kind IN (${LISTED_KINDS.map(() => '?').join(', ')})`, ...LISTED_KINDS);
  return {
    sql: `SELECT ${READ_ENTRY_COLUMNS} FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')} ${NEWEST_FIRST} LIMIT ?`,
    parameters: [...parameters, query.limit],
  };
}

const NEWEST_FIRST = 'ORDER BY created_at_us DESC, sub_account DESC, version DESC';

/**
 * Positions order by (time, shard, sub-account, version). Within this shard the shard's name is a constant, so it only
 * decides whether entries of the position's very microsecond come before or after it.
 */
function within(shard: string, { accountId, before, fromUs, toUs }: Stretch) {
  const conditions = ['account_id = ?', 'created_at_us <= ?'];
  const parameters: Parameter[] = [accountId, Math.min(before.createdAtUs, MARKS_FROM_US - 1)];
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
  if (fromUs !== undefined) add('created_at_us >= ?', fromUs);
  if (toUs !== undefined) add('created_at_us < ?', toUs);
  return { conditions, parameters };
}
