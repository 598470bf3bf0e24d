import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { type Cell, exact, integer, text } from '../../src/shards/database';
import type { Location } from '../../src/shards/shard-address';

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

const ROWS = 'SELECT idx, available, held, net, moved FROM sub_account WHERE account_id = ? ORDER BY idx';
const ENTRIES = 'SELECT kind, COUNT(*), SUM(amount) FROM entry WHERE account_id = ? GROUP BY kind';
const TRANSFERS = 'SELECT direction, SUM(amount) FROM transfer WHERE account_id = ? GROUP BY direction';

type Select = (sql: string) => Promise<Cell[][]>;

/** Reads a quiet shard past the product: over a connection of its own, in the plainest SQL. */
export async function readShardRows(location: Location, accountId: string): Promise<ShardRows> {
  return location.kind === 'sqlite'
    ? withSqlite(location.path, accountId, readAll)
    : withMysql(location.url, accountId, readAll);
}

async function readAll(select: Select): Promise<ShardRows> {
  const entries = new Map((await select(ENTRIES)).map(([kind, ...sums]) => [text(kind), sums]));
  const transfers = new Map(
    (await select(TRANSFERS)).map(([direction, sum]) => [text(direction), exact(sum)]),
  );
  const sumsOf = (kind: string) => {
    const [count = 0n, amount = 0n] = entries.get(kind) ?? [];
    return { count: integer(count), amountMinor: exact(amount) };
  };
  return {
    rows: (await select(ROWS)).map((row) => ({
      index: integer(row[0]),
      availableMinor: exact(row[1]),
      heldMinor: exact(row[2]),
      netMinor: exact(row[3]),
      movedMinor: exact(row[4]),
    })),
    entries: { deduction: sumsOf('deduction'), credit: sumsOf('credit') },
    sentMinor: transfers.get('out') ?? 0n,
    arrivedMinor: transfers.get('in') ?? 0n,
  };
}

async function withSqlite<T>(
  path: string,
  accountId: string,
  read: (select: Select) => Promise<T>,
): Promise<T> {
  const connection = new Sqlite(path, { readonly: true });
  try {
    connection.defaultSafeIntegers(true);
    return await read((sql) => Promise.resolve(connection.prepare(sql).raw().all(accountId) as Cell[][]));
  } finally {
    connection.close();
  }
}

async function withMysql<T>(
  url: string,
  accountId: string,
  read: (select: Select) => Promise<T>,
): Promise<T> {
  const connection = await createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true });
  try {
    return await read(async (sql) => {
      const [rows] = await connection.query({ sql, values: [accountId], rowsAsArray: true });
      return rows as Cell[][];
    });
  } finally {
    await connection.end();
  }
}
