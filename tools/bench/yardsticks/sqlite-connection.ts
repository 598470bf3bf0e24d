import Sqlite from 'better-sqlite3';

/** As durable as the product's own connection: write-ahead log, synced at every commit. */
export function openSqliteWriter(path: string): Sqlite.Database {
  const connection = new Sqlite(path);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.defaultSafeIntegers(true);
  connection.function('now_us', { deterministic: false }, () => BigInt(nowUs()));
  return connection;
}

export function nowUs(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1_000);
}
