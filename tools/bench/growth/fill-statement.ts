import { ENTRY_COLUMNS } from '../../../src/shards/statements/entry-row';
import { HOT_ACCOUNT } from '../stage/runtime';
import { ID_LENGTH, type IdKind } from './request-ids';

/** Rows of one statement, which is one transaction: what five digits can count. */
export const FILL_ROWS_MAX = 100_000;

/** Consecutive positions of the account's life, all on one shard, dealt out to its sub-accounts in turn. */
export interface Stretch {
  readonly ids: IdKind;
  readonly firstPosition: number;
  readonly rows: number;
  readonly firstCreatedAtUs: number;
  /** Of the sub-accounts on the shard: the lowest, the distance to the next, and how many there are. */
  readonly subAccounts: { readonly first: number; readonly step: number; readonly count: number };
}

/** The same digits as `REQUEST_IDS` writes them. */
const ID_SQL: Readonly<Record<'mysql' | 'sqlite', Readonly<Record<IdKind, string>>>> = {
  mysql: { ordered: `LPAD(position, ${ID_LENGTH}, '0')`, random: `LEFT(SHA2(position, 256), ${ID_LENGTH})` },
  sqlite: { ordered: `printf('%0${ID_LENGTH}d', position)`, random: 'random_id(position)' },
};

const FINGERPRINT = '0123456789abcdef0123456789abcdef';

/**
 * Has the database itself make the rows: nothing is sent, and the only cost is theirs. Amounts are those of `amountOf`.
 * Positions are in range, so they stand in the text as they are.
 */
export function fillStatement(dialect: 'mysql' | 'sqlite', stretch: Stretch): string {
  const { ids, firstPosition, rows, firstCreatedAtUs, subAccounts } = stretch;
  if (rows > FILL_ROWS_MAX) throw new RangeError(`${rows} rows are too many for one statement`);
  return `INSERT INTO entry (${ENTRY_COLUMNS})
    WITH digit AS (${Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS d`).join(' UNION ALL ')}),
      numbered AS (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
        FROM digit a, digit b, digit c, digit e, digit f),
      placed AS (SELECT n, ${firstPosition} + n AS position FROM numbered WHERE n < ${rows})
    SELECT '${HOT_ACCOUNT}', ${firstCreatedAtUs} + n,
      ${subAccounts.first} + ${subAccounts.step} * (position % ${subAccounts.count}), position,
      ${ID_SQL[dialect][ids]}, 'deduction', 1 + position % 9, 1, X'${FINGERPRINT}', NULL, NULL
    FROM placed ORDER BY n`;
}
