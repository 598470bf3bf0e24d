import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import type { Cell, Parameter } from '../../src/shards/database';
import type { Location } from '../../src/shards/shard-address';

/** A connection of one's own to a test database, past the product. */
export interface RawSql {
  run(sql: string, ...parameters: Parameter[]): Promise<Cell[][]>;
  /** From here on this connection writes what the tables' checks forbid. */
  breakChecks(): Promise<void>;
  close(): Promise<void>;
}

export async function rawSql(location: Location, mark: 'sqlite' | 'mariadb' | 'mysql'): Promise<RawSql> {
  if (location.kind === 'sqlite') {
    const connection = new Sqlite(location.path);
    connection.defaultSafeIntegers(true);
    const run = (sql: string, ...parameters: Parameter[]): Promise<Cell[][]> => {
      const statement = connection.prepare(sql);
      if (statement.reader) return Promise.resolve(statement.raw().all(...parameters) as Cell[][]);
      statement.run(...parameters);
      return Promise.resolve([]);
    };
    return {
      run,
      breakChecks: () => Promise.resolve(void connection.pragma('ignore_check_constraints = ON')),
      close: () => Promise.resolve(void connection.close()),
    };
  }
  const connection = await createConnection({
    uri: location.url,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  const run = async (sql: string, ...parameters: Parameter[]): Promise<Cell[][]> => {
    const [result] = await connection.query({ sql, values: parameters, rowsAsArray: true });
    return Array.isArray(result) ? (result as Cell[][]) : [];
  };
  return {
    run,
    breakChecks: async () => {
      await run(
        mark === 'mariadb'
          ? 'SET SESSION check_constraint_checks = OFF'
          : 'ALTER TABLE sub_account ALTER CHECK sub_account_available_not_negative NOT ENFORCED',
      );
    },
    close: () => connection.end(),
  };
}
