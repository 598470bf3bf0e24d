import { createConnection, type Connection } from 'mysql2/promise';
import type { AccountDump, Dump, EntryDump, RowDump, ShardDump, TransferDump } from './dump';

type Row = Record<string, string | number | null>;

/** Reads everything, in the plainest SQL, over connections of its own. The directory is on the first. */
export async function readDump(
  databases: readonly { readonly name: string; readonly url: string }[],
): Promise<Dump> {
  const connections = await Promise.all(
    databases.map(({ url }) =>
      createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true }),
    ),
  );
  try {
    const shards = await Promise.all(
      connections.map((connection, n) => readShard(connection, databases[n]?.name ?? '')),
    );
    const directory = connections[0] as Connection;
    return { shards, ...(await readDirectory(directory)) };
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}

async function readShard(connection: Connection, name: string): Promise<ShardDump> {
  const rows = await select(
    connection,
    'SELECT account_id, idx, available, held, net, moved FROM sub_account',
  );
  const entries = await select(connection, 'SELECT account_id, request_id, kind, amount FROM entry');
  const transfers = await select(
    connection,
    'SELECT account_id, transfer_id, direction, from_sub_account, to_sub_account, amount, pending FROM transfer',
  );
  return { name, rows: rows.map(toRow), entries: entries.map(toEntry), transfers: transfers.map(toTransfer) };
}

async function readDirectory(connection: Connection): Promise<Pick<Dump, 'accounts' | 'operations'>> {
  const accounts = await select(
    connection,
    'SELECT account_id, status, creation, operation_id, next_placement, closing_from FROM account',
  );
  const operations = await select(connection, 'SELECT operation_id, status, step FROM operation');
  return {
    accounts: accounts.map((row): AccountDump => ({
      account: String(row['account_id']),
      status: String(row['status']),
      isWhole: row['creation'] === 'done',
      isChanging:
        row['operation_id'] !== null || row['next_placement'] !== null || row['closing_from'] !== null,
    })),
    operations: operations.map((row) => ({
      id: String(row['operation_id']),
      status: String(row['status']),
      step: String(row['step']),
    })),
  };
}

async function select(connection: Connection, sql: string): Promise<Row[]> {
  const [rows] = await connection.query(sql);
  return rows as Row[];
}

function toRow(row: Row): RowDump {
  return {
    account: String(row['account_id']),
    index: Number(row['idx']),
    available: BigInt(row['available'] ?? 0),
    held: BigInt(row['held'] ?? 0),
    net: BigInt(row['net'] ?? 0),
    moved: BigInt(row['moved'] ?? 0),
  };
}

function toEntry(row: Row): EntryDump {
  return {
    account: String(row['account_id']),
    key: String(row['request_id']),
    kind: String(row['kind']),
    amount: BigInt(row['amount'] ?? 0),
  };
}

function toTransfer(row: Row): TransferDump {
  return {
    account: String(row['account_id']),
    id: String(row['transfer_id']),
    direction: row['direction'] as TransferDump['direction'],
    from: Number(row['from_sub_account']),
    to: Number(row['to_sub_account']),
    amount: BigInt(row['amount'] ?? 0),
    isPending: row['pending'] !== null,
  };
}
