import type { SchemaPart } from '../database';
import { refuseForeignTables } from '../foreign-tables';
import { refuseNewerSchema } from '../migrations';
import type { Query } from './check-schema';

/** Refuses a database that holds tables of something else, or those of a newer version. */
export async function checkTables(query: Query, part: SchemaPart): Promise<void> {
  const [database] = await query('SELECT DATABASE()');
  const tables = await query(
    'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  const names = tables.flat();
  refuseForeignTables(String(database), names);
  const migrations = `${part}_migrations`;
  if (names.includes(migrations))
    refuseNewerSchema(part, (await query(`SELECT name FROM ${migrations}`)).flat());
}
