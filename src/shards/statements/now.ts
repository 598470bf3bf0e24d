import type { Dialect } from '../database';

/**
 * The database's clock in microseconds since 1970, evaluated when the row is (SYSDATE, not NOW, which is the start of
 * the statement and so before any wait for a lock). SQLite has no server: its connections carry `now_us()`.
 */
export function nowUs(dialect: Dialect): string {
  return dialect === 'mysql' ? 'CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)' : 'now_us()';
}
