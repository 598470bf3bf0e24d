import type { SchemaPart } from '../database';
import { DatabaseRefusedError } from '../faults';
import { EXPECTED_SCHEMA, type ExpectedSchema } from './expected-schema';

/** Runs a query and answers its rows as text. */
export type Query = (sql: string) => Promise<string[][]>;

/** Ids compare by bytes and texts by code point: under any other collation `order-1` and `Order-1` are one key. */
const COLLATIONS = ['ascii_bin', 'utf8mb4_bin'];
const NAMED_MAX = 5;

/**
 * Compares the tables with what the migrations made: engine, collation of every column of text, indexes, CHECK constraints.
 *
 * @throws DatabaseRefusedError `SCHEMA_ALTERED`, naming the tables with what differs
 */
export async function checkSchema(query: Query, part: SchemaPart): Promise<void> {
  const expected = EXPECTED_SCHEMA[part];
  const faults = [
    ...(await enginesThatDiffer(query, expected)),
    ...(await columnsThatDiffer(query, expected)),
    ...(await indexesThatDiffer(query, expected)),
    ...(await checksThatDiffer(query, expected)),
  ];
  if (faults.length === 0) return;
  const named = faults.slice(0, NAMED_MAX).join('; ');
  const more = faults.length > NAMED_MAX ? `; and ${faults.length - NAMED_MAX} more` : '';
  throw new DatabaseRefusedError('SCHEMA_ALTERED', `the ${part}'s tables were changed: ${named}${more}`);
}

async function enginesThatDiffer(query: Query, { tables }: ExpectedSchema): Promise<string[]> {
  const rows = await query(
    'SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  const engines = new Map(rows.map(([table = '', engine]) => [table, engine]));
  return tables.flatMap((table) => {
    const engine = engines.get(table);
    if (engine === 'InnoDB') return [];
    return [engine === undefined ? `table ${table} is missing` : `table ${table} is ${engine}, not InnoDB`];
  });
}

/** An ENUM compares by its number, whatever its collation. */
async function columnsThatDiffer(query: Query, { tables }: ExpectedSchema): Promise<string[]> {
  const rows = await query(
    `SELECT table_name, column_name, collation_name FROM information_schema.columns
     WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND data_type <> 'enum'
     ORDER BY table_name, ordinal_position`,
  );
  return rows
    .filter(([table = '', , collation = '']) => tables.includes(table) && !COLLATIONS.includes(collation))
    .map(([table, column, collation]) => `column ${table}.${column} compares by ${collation}`);
}

async function indexesThatDiffer(query: Query, { indexes }: ExpectedSchema): Promise<string[]> {
  const rows = await query(
    `SELECT table_name, index_name, non_unique, column_name, sub_part FROM information_schema.statistics
     WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index`,
  );
  const found = Map.groupBy(rows, ([table, index]) => `${table}.${index}`);
  return indexes.flatMap(({ table, name, unique, columns }) => {
    const parts = found.get(`${table}.${name}`);
    if (!parts) return [`index ${name} of ${table} is missing`];
    const isUnique = parts.every(([, , nonUnique]) => nonUnique === '0');
    const named = parts.map(([, , , column, prefix]) => `${column}${prefix === 'null' ? '' : `(${prefix})`}`);
    const isAsMade = isUnique === unique && named.join(',') === columns;
    return isAsMade ? [] : [`index ${name} of ${table} is not as it was made`];
  });
}

/** MySQL can leave a constraint in place and not enforce it; MariaDB has no such word. */
async function checksThatDiffer(query: Query, { checks }: ExpectedSchema): Promise<string[]> {
  const [version] = await query('SELECT VERSION()');
  const enforced = /mariadb/i.test(String(version)) ? '' : `AND enforced = 'YES'`;
  const rows = await query(
    `SELECT constraint_name FROM information_schema.table_constraints
     WHERE constraint_schema = DATABASE() AND constraint_type = 'CHECK' ${enforced}`,
  );
  const found = new Set(rows.map(([name]) => name));
  return checks.filter((name) => !found.has(name)).map((name) => `check ${name} is not enforced`);
}
