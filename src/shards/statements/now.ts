import type { Dialect } from '../database';

/**
 * The database's clock in microseconds since 1970, evaluated when the row is (SYSDATE, not NOW, which is the start of
 * the statement and so before any wait for a lock). SQLite has no server: its connections carry `now_us()`.
 */
export function nowUs(dialect: Dialect): string {
  return dialect === 'mysql' ? 'CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)' : 'now_us()';
}

/**
 * The database's clock when the statement began, for whoever searches by it: one value for the whole statement, and so the
 * end of a range of an index, which `nowUs` is not. (SQLite evaluates its function once where it ends a range.)
 */
export function statementUs(dialect: Dialect): string {
  return dialect === 'mysql' ? 'CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)' : 'now_us()';
}
