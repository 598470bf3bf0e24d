import Sqlite from 'better-sqlite3';
import { createConnection, format } from 'mysql2/promise';
import { OPENING_BALANCE_KEY } from '../../../src/ledger/identifiers';
import { choosePlacement } from '../../../src/ledger/routing';
import type { Location, ShardAddress } from '../../../src/shards/shard-address';
import { nowUs } from '../yardsticks/sqlite-connection';
import { coldAccountId } from './cold-accounts';

export interface Filling {
  readonly shards: readonly ShardAddress[];
  readonly directory: Location;
  /** Accounts 0 to this, this one not included. */
  readonly accounts: number;
  readonly balanceMinor: number;
  /** Without them an account is known to the directory and has no row yet. */
  readonly withRows?: boolean;
}

type Value = string | number | Buffer;

const ROWS_MAX = 2_000;
const FINGERPRINT = Buffer.alloc(16, 7);

/**
 * Makes accounts of one sub-account each directly in the tables, as they stand after their creation: a record in the
 * directory, a row that has the opening balance, and its entry. The tables must be there.
 */
export async function fillAccounts({
  shards,
  directory,
  accounts,
  balanceMinor,
  withRows = true,
}: Filling): Promise<void> {
  const names = shards.map(({ name }) => name);
  const placed = Array.from({ length: accounts }, (_, number) => {
    const accountId = coldAccountId(number);
    return { accountId, shard: choosePlacement(accountId, names, 1)[0] ?? '' };
  });
  const createdAtUs = nowUs();
  await insert(directory, {
    table: 'account',
    columns:
      'account_id, asset, status, status_version, strategy, sub_accounts, epoch, shards, revision, opening_balance, creation, fingerprint, created_at_us',
    rows: placed.map(({ accountId, shard }) => [
      accountId,
      'USD/2',
      'active',
      1,
      'merged',
      1,
      1,
      shard,
      1,
      balanceMinor,
      'done',
      FINGERPRINT,
      createdAtUs,
    ]),
  });
  if (!withRows) return;
  for (const { name, location } of shards) {
    const here = placed.filter(({ shard }) => shard === name).map(({ accountId }) => accountId);
    await insert(location, {
      table: 'sub_account',
      columns:
        'account_id, idx, available, net, epoch, version, outside_version, account_status, account_status_version',
      rows: here.map((accountId) => [accountId, 0, balanceMinor, balanceMinor, 1, 1, 1, 'active', 1]),
    });
    await insert(location, {
      table: 'entry',
      columns:
        'account_id, created_at_us, sub_account, version, request_id, kind, amount, epoch, fingerprint',
      rows: here.map((accountId) => [
        accountId,
        createdAtUs,
        0,
        1,
        OPENING_BALANCE_KEY,
        'credit',
        balanceMinor,
        1,
        FINGERPRINT,
      ]),
    });
  }
}

interface Rows {
  readonly table: string;
  readonly columns: string;
  readonly rows: readonly (readonly Value[])[];
}

function insert(location: Location, rows: Rows): Promise<void> {
  return location.kind === 'sqlite' ? insertSqlite(location.path, rows) : insertMysql(location.url, rows);
}

async function insertMysql(url: string, { table, columns, rows }: Rows): Promise<void> {
  const connection = await createConnection(url);
  try {
    for (let from = 0; from < rows.length; from += ROWS_MAX) {
      const some = rows.slice(from, from + ROWS_MAX).map((row) => [...row]);
      await connection.query(format(`INSERT INTO ${table} (${columns}) VALUES ?`, [some]));
    }
  } finally {
    await connection.end();
  }
}

function insertSqlite(path: string, { table, columns, rows }: Rows): Promise<void> {
  const connection = new Sqlite(path);
  try {
    connection.pragma('busy_timeout = 5000');
    const places = columns.split(',').map(() => '?');
    const statement = connection.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places.join(', ')})`);
    connection.transaction(() => {
      for (const row of rows)
        statement.run(row.map((value) => (typeof value === 'number' ? BigInt(value) : value)));
    })();
  } finally {
    connection.close();
  }
  return Promise.resolve();
}
