import type { SchemaPart } from '../database';
import { DatabaseRefusedError, ShardFault } from '../faults';
import type { Query } from './check-schema';
import { EXPECTED_SCHEMA } from './expected-schema';

/** Errors that say: this user may not. Another try does not mend them. */
const DENIED = new Set([
  1044, // DBACCESS_DENIED
  1045, // ACCESS_DENIED: a wrong password too
  1130, // HOST_NOT_PRIVILEGED
  1142, // TABLEACCESS_DENIED
  1143, // COLUMNACCESS_DENIED
  1227, // SPECIFIC_ACCESS_DENIED
  1370, // PROCACCESS_DENIED
  1698, // ACCESS_DENIED_NO_PASSWORD
  1820, // MUST_CHANGE_PASSWORD
  1862, // MUST_CHANGE_PASSWORD_LOGIN
]);

/** @returns `DATABASE_ACCESS_DENIED` with the server's words, which name the user and never a password; nothing for another fault */
export function accessDenied(database: string, fault: unknown): DatabaseRefusedError | undefined {
  if (!(fault instanceof ShardFault)) return undefined;
  const { errno = 0, message = '' } = fault.cause as { errno?: number; message?: string };
  if (!DENIED.has(errno)) return undefined;
  return new DatabaseRefusedError('DATABASE_ACCESS_DENIED', `${database}: ${message}`, { cause: fault });
}

/**
 * Whether the user may write every table, asked at the start: a user who may only read would otherwise be found out by the
 * first deduction. EXPLAIN needs the privileges of what it explains, and changes nothing.
 *
 * Rejects with the fault that names what is denied.
 */
export async function checkPrivileges(query: Query, part: SchemaPart): Promise<void> {
  const { tables } = EXPECTED_SCHEMA[part];
  // A column that is computed cannot be written, and MySQL says so before it looks at the privileges.
  const found = await query(
    `SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = DATABASE() AND COALESCE(generation_expression, '') = ''`,
  );
  const columnsOf = Map.groupBy(found, ([table]) => table);
  for (const table of tables) {
    const columns = columnsOf.get(table)?.map(([, column]) => column) ?? [];
    const [first] = columns;
    if (first === undefined) continue;
    const all = columns.join(', ');
    await query(`EXPLAIN INSERT INTO ${table} (${all}) SELECT ${all} FROM ${table} WHERE FALSE`);
    await query(`EXPLAIN UPDATE ${table} SET ${first} = ${first} WHERE FALSE`);
    await query(`EXPLAIN DELETE FROM ${table} WHERE FALSE`);
  }
}
