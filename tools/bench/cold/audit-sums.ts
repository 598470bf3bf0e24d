import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { type Cell, exact } from '../../../src/shards/database';
import type { Location, ShardAddress } from '../../../src/shards/shard-address';
import { BALANCED } from '../audit/audit-site';
import type { Acknowledged } from '../measure/tally';

interface Expected {
  readonly accounts: number;
  readonly balanceMinor: number;
  readonly deducted: Acknowledged;
}

const UNSOUND = 'available < 0 OR held < 0 OR available + held <> net + moved';

/** Proves a million accounts by sums over whole tables: rows against entries, entries against what the load was told. */
export async function auditSums(
  shards: readonly ShardAddress[],
  { accounts, balanceMinor, deducted }: Expected,
): Promise<string> {
  const sum = async (sql: string): Promise<bigint> => {
    const found = await Promise.all(shards.map(({ location }) => select(location, sql)));
    return found.reduce<bigint>((total, cell) => total + exact(cell ?? 0), 0n);
  };
  const entries = (what: string, kind: string): Promise<bigint> =>
    sum(`SELECT ${what} FROM entry WHERE kind = '${kind}'`);
  const findings: string[] = [];
  const expect = (what: string, found: bigint, from: bigint, to = from): void => {
    if (found < from || found > to) findings.push(`${what}: ${found}, not ${from} to ${to}`);
  };
  const net = await sum('SELECT SUM(net) FROM sub_account');
  const taken = await entries('SUM(amount)', 'deduction');
  const opened = BigInt(accounts) * BigInt(balanceMinor);
  expect('unsound rows', await sum(`SELECT COUNT(*) FROM sub_account WHERE ${UNSOUND}`), 0n);
  expect('Σ credits', await entries('SUM(amount)', 'credit'), opened);
  expect('Σ net', net, opened - taken);
  const [count, amount] = [BigInt(deducted.count), BigInt(deducted.amountMinor)];
  expect('deductions', await entries('COUNT(*)', 'deduction'), count, count + BigInt(deducted.unknownCount));
  expect('Σ deductions', taken, amount, amount + BigInt(deducted.unknownAmountMinor));
  return findings.length === 0 ? BALANCED : findings.join('; ');
}

async function select(location: Location, sql: string): Promise<Cell | undefined> {
  if (location.kind === 'sqlite') {
    const connection = new Sqlite(location.path, { readonly: true });
    try {
      connection.defaultSafeIntegers(true);
      return (connection.prepare(sql).raw().get() as Cell[] | undefined)?.[0];
    } finally {
      connection.close();
    }
  }
  const connection = await createConnection({
    uri: location.url,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  try {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return (rows as Cell[][])[0]?.[0];
  } finally {
    await connection.end();
  }
}
