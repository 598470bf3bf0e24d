import type { Dialect, Parameter } from '../database';
import { MARKS_FROM_US } from '../entry-place';
import type { EntryQuery, EntryStand, EntryStretch } from '../shard';
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
type Stretch = EntryStretch & Pick<EntryQuery, 'order'>;

/**
 * Entries of a stretch in their order, with the marks of holds that an older version wrote among them. Plain read of the clustered
 * index, from where the marks begin at most.
 */
export function entriesOfAnyKind({ shard, dialect }: At, stretch: Stretch, limit: number): Statement {
  const { conditions, parameters } = within(shard, stretch);
  return {
    sql: `SELECT ${READ_ENTRY_COLUMNS} FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')} ${orderOf(stretch)} LIMIT ?`,
    parameters: [...parameters, limit],
  };
}

/** Where so many entries of a stretch end; no row where there are fewer. Read as the others. */
export function sliceEnd({ shard, dialect }: At, stretch: Stretch, entries: number): Statement {
  const { conditions, parameters } = within(shard, stretch);
  return {
    sql: `SELECT created_at_us, sub_account, version FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')} ${orderOf(stretch)}
      LIMIT 1 OFFSET ?`,
    parameters: [...parameters, entries - 1],
  };
}

/**
 * Entries of a stretch in their order, those that are asked for. Plain read of the clustered index, up to and including `end`:
 * without one it may go through any number of other entries.
 */
export function listEntries(
  { shard, dialect }: At,
  query: EntryQuery,
  end: EntryStand | undefined,
): Statement {
  const { conditions, parameters } = within(shard, query, end);
  const { kinds = LISTED_KINDS, reference } = query;
  const add = (condition: string, ...values: Parameter[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  add(`kind IN (${kinds.map(() => '?').join(', ')})`, ...kinds);
  if (reference !== undefined) add('reference = ?', reference);
  return {
    sql: `SELECT ${READ_ENTRY_COLUMNS} FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')} ${orderOf(query)} LIMIT ?`,
    parameters: [...parameters, query.limit],
  };
}

/** A quarter of an hour, in microseconds. */
const QUARTER_US = 900_000_000;

/** The low half of 64 bits. */
const LOW = 4_294_967_295n;

/**
 * Sums of a stretch's entries by kind and quarter of an hour, up to and including `end`. Plain read of the clustered index; the
 * groups are few. MySQL sums as DECIMAL; SQLite would stop where 64 bits do not hold a sum, and sums two halves of 32 bits.
 */
export function sumEntries({ shard, dialect }: At, stretch: Stretch, end: EntryStand | undefined): Statement {
  const { conditions, parameters } = within(shard, stretch, end);
  const [quarter, amount] =
    dialect === 'mysql'
      ? [`created_at_us DIV ${QUARTER_US}`, 'SUM(amount), 0']
      : [`created_at_us / ${QUARTER_US}`, `SUM(amount & ${LOW}), SUM(amount >> 32)`];
  return {
    sql: `SELECT kind, ${quarter} AS quarter, COUNT(*), ${amount} FROM entry ${IN_PLACE_ORDER[dialect]} WHERE ${conditions.join(' AND ')}
      GROUP BY kind, quarter`,
    parameters,
  };
}

function orderOf({ order }: Stretch): string {
  const way = order === 'oldest first' ? 'ASC' : 'DESC';
  return `ORDER BY created_at_us ${way}, sub_account ${way}, version ${way}`;
}

/**
 * Positions order by (time, shard, sub-account, version). Within this shard the shard's name is a constant, so it only
 * decides whether entries of the position's very microsecond come before or after it. `end` is the last entry of interest.
 *
 * Of several bounds of the time SQLite seeks one at each end and goes through what the others leave out: there is one at each end.
 */
function within(shard: string, stretch: Stretch, end?: EntryStand) {
  const { accountId, before, after, fromUs = 0, toUs = Infinity, order } = stretch;
  const [first, last] = order === 'oldest first' ? [undefined, end] : [end, undefined];
  const beforeUs = before.createdAtUs + (shard > before.shard ? 0 : 1);
  const lastUs = Math.min(
    beforeUs - 1,
    Math.max(0, toUs - 1),
    MARKS_FROM_US - 1,
    last?.createdAtUs ?? Infinity,
  );
  const firstUs = Math.max(fromUs, after?.createdAtUs ?? 0, first?.createdAtUs ?? 0);
  const conditions = ['account_id = ?', 'created_at_us <= ?', 'created_at_us >= ?'];
  const parameters: Parameter[] = [accountId, lastUs, firstUs];
  const add = (condition: string, ...values: Parameter[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  if (shard === before.shard)
    add(
      '(created_at_us < ? OR sub_account < ? OR (sub_account = ? AND version < ?))',
      before.createdAtUs,
      before.subAccount,
      before.subAccount,
      before.version,
    );
  if (after)
    add(
      '(created_at_us > ? OR sub_account > ? OR (sub_account = ? AND version > ?))',
      after.createdAtUs,
      after.subAccount,
      after.subAccount,
      after.version,
    );
  if (end) {
    const beyond = order === 'oldest first' ? '<' : '>';
    add(
      `(created_at_us ${beyond} ? OR sub_account ${beyond} ? OR (sub_account = ? AND version ${beyond}= ?))`,
      end.createdAtUs,
      end.subAccount,
      end.subAccount,
      end.version,
    );
  }
  return { conditions, parameters };
}
