import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { type Cell, exact, integer, text } from '../../../src/shards/database';
import type { Location } from '../../../src/shards/shard-address';

export interface AuditedRow {
  readonly index: number;
  readonly availableMinor: bigint;
  readonly heldMinor: bigint;
  readonly netMinor: bigint;
  readonly movedMinor: bigint;
}

/** What one shard holds of an account. */
export interface ShardRows {
  readonly rows: readonly AuditedRow[];
  readonly entries: Readonly<
    Record<'deduction' | 'credit', { readonly count: number; readonly amountMinor: bigint }>
  >;
  readonly sentMinor: bigint;
  readonly arrivedMinor: bigint;
}

/** Of one account, or of all: the account stands first in every row. */
function statements(where: '' | 'WHERE account_id = ?') {
  return {
    rows: `SELECT account_id, idx, available, held, net, moved FROM sub_account ${where} ORDER BY account_id, idx`,
    entries: `SELECT account_id, kind, COUNT(*), SUM(amount) FROM entry ${where} GROUP BY account_id, kind`,
    transfers: `SELECT account_id, direction, SUM(amount) FROM transfer ${where} GROUP BY account_id, direction`,
  };
}

type Select = (sql: string) => Promise<Cell[][]>;

/** Reads a quiet shard past the product: over a connection of its own, in the plainest SQL. */
export async function readShardRows(location: Location, accountId: string): Promise<ShardRows> {
  const read = (select: Select) => readAccounts(select, statements('WHERE account_id = ?'));
  const found = await withConnection(location, [accountId], read);
  return found.get(accountId) ?? NOTHING;
}

/** The same of every account the shard knows, in as many statements. */
export function readShardAccounts(location: Location): Promise<ReadonlyMap<string, ShardRows>> {
  return withConnection(location, [], (select) => readAccounts(select, statements('')));
}

const NO_ENTRIES = { count: 0, amountMinor: 0n };
const NOTHING: ShardRows = {
  rows: [],
  entries: { deduction: NO_ENTRIES, credit: NO_ENTRIES },
  sentMinor: 0n,
  arrivedMinor: 0n,
};

function withConnection<T>(
  location: Location,
  parameters: readonly string[],
  read: (select: Select) => Promise<T>,
): Promise<T> {
  return location.kind === 'sqlite'
    ? withSqlite(location.path, parameters, read)
    : withMysql(location.url, parameters, read);
}

async function readAccounts(
  select: Select,
  sql: ReturnType<typeof statements>,
): Promise<Map<string, ShardRows>> {
  const accounts = new Map<string, ShardRows>();
  const change = (cell: Cell | undefined, made: (before: ShardRows) => Partial<ShardRows>): void => {
    const before = accounts.get(text(cell)) ?? NOTHING;
    accounts.set(text(cell), { ...before, ...made(before) });
  };
  for (const [account, index, available, held, net, moved] of await select(sql.rows)) {
    const row = {
      index: integer(index),
      availableMinor: exact(available),
      heldMinor: exact(held),
      netMinor: exact(net),
      movedMinor: exact(moved),
    };
    change(account, ({ rows }) => ({ rows: [...rows, row] }));
  }
  for (const [account, kind, count, amount] of await select(sql.entries)) {
    const sums = { count: integer(count), amountMinor: exact(amount) };
    change(account, ({ entries }) => ({ entries: { ...entries, [text(kind)]: sums } }));
  }
  for (const [account, direction, amount] of await select(sql.transfers)) {
    if (text(direction) === 'out') change(account, () => ({ sentMinor: exact(amount) }));
    if (text(direction) === 'in') change(account, () => ({ arrivedMinor: exact(amount) }));
  }
  return accounts;
}

async function withSqlite<T>(
  path: string,
  parameters: readonly string[],
  read: (select: Select) => Promise<T>,
): Promise<T> {
  const connection = new Sqlite(path, { readonly: true });
  try {
    connection.defaultSafeIntegers(true);
    return await read((sql) =>
      Promise.resolve(
        connection
          .prepare(sql)
          .raw()
          .all(...parameters) as Cell[][],
      ),
    );
  } finally {
    connection.close();
  }
}

async function withMysql<T>(
  url: string,
  parameters: readonly string[],
  read: (select: Select) => Promise<T>,
): Promise<T> {
  const connection = await createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true });
  try {
    return await read(async (sql) => {
      const [rows] = await connection.query({ sql, values: [...parameters], rowsAsArray: true });
      return rows as Cell[][];
    });
  } finally {
    await connection.end();
  }
}
