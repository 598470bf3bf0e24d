import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { escape } from 'mysql2';
import type { CopyTo } from './backup-source';
import type { TableFile } from './manifest';
import type { MysqlSession } from './mysql-session';

/** A statement is cut at so many characters: below every server's `max_allowed_packet`. */
const STATEMENT_LENGTH = 256 * 1024;
const NUMBERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const BYTES = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);

interface Column {
  readonly name: string;
  readonly form: 'number' | 'bytes' | 'text';
}

/** What of the driver's fields is used: a value as the server sent it. */
interface Field {
  readonly name: string;
  buffer(): Buffer | null;
}

/** Writes a table's rows, as the session's transaction sees them, as INSERT statements, one a line. */
export async function dumpTable(session: MysqlSession, table: string, to: CopyTo): Promise<TableFile> {
  const columns = await columnsOf(session, table);
  await mkdir(join(to.folder, to.id), { recursive: true, mode: 0o700 });
  const path = `${to.id}/${table}.sql.gz`;
  const hash = createHash('sha256');
  let [rows, bytes] = [0, 0];
  const written = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(
    readRows(session, table, columns),
    async function* (tuples: AsyncIterable<string>) {
      for await (const statement of statements(tuples, table, columns)) {
        rows += statement.rows;
        to.progress(rows, 0);
        yield statement.text;
      }
    },
    createGzip({ level: 1 }),
    written,
    createWriteStream(join(to.folder, path), { flags: 'wx', mode: 0o600, flush: true }),
    { signal: to.signal },
  );
  const autoIncrement = await autoIncrementOf(session, table);
  return {
    path,
    table,
    rows,
    bytes,
    sha256: hash.digest('hex'),
    ...(autoIncrement !== undefined && { autoIncrement }),
  };
}

/** Columns that are computed are computed again. */
async function columnsOf(session: MysqlSession, table: string): Promise<Column[]> {
  const rows = await session.run(
    `SELECT column_name, data_type FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = '${table}' AND COALESCE(generation_expression, '') = ''
      ORDER BY ordinal_position`,
  );
  return rows.map(([name = '', type = '']) => ({
    name,
    form: NUMBERS.has(type) ? 'number' : BYTES.has(type) ? 'bytes' : 'text',
  }));
}

/** At least what it was at the snapshot: the table may have numbered rows since. */
async function autoIncrementOf(session: MysqlSession, table: string): Promise<string | undefined> {
  const [row] = await session.run(
    `SELECT COALESCE(auto_increment, 'none') FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name = '${table}'`,
  );
  const [value] = row ?? [];
  return value === 'none' ? undefined : value;
}

/** Rows as tuples of SQL literals. The driver stops reading from the server while nobody takes them. */
function readRows(session: MysqlSession, table: string, columns: readonly Column[]): Readable {
  const forms = new Map(columns.map(({ name, form }) => [name, form]));
  const selected = columns.map(({ name }) => columnExpression(table, name)).join(', ');
  return session.connection
    .query({
      sql: `SELECT ${selected} FROM \`${table}\``,
      values: null,
      rowsAsArray: true,
      typeCast: (field: Field) => literalOf(field.buffer(), forms.get(field.name)),
    })
    .stream({ highWaterMark: 500 })
    .map((row: string[]) => `(${row.join(',')})`);
}

/** The address of a shard that was registered has its password, and is not that of the restored database. */
function columnExpression(table: string, name: string): string {
  return table === 'shard' && name === 'url' ? 'NULL AS `url`' : `\`${name}\``;
}

function literalOf(value: Buffer | null, form: Column['form'] | undefined): string {
  if (value === null) return 'NULL';
  if (form === 'number') return value.toString('latin1');
  if (form === 'bytes') return value.length === 0 ? `''` : `0x${value.toString('hex')}`;
  return escape(value.toString('utf8'));
}

async function* statements(
  tuples: AsyncIterable<string>,
  table: string,
  columns: readonly Column[],
): AsyncGenerator<{ readonly text: string; readonly rows: number }> {
  const head = insertHead(table, columns);
  let waiting: string[] = [];
  let length = 0;
  for await (const tuple of tuples) {
    waiting.push(tuple);
    length += tuple.length;
    if (length < STATEMENT_LENGTH) continue;
    yield { text: `${head}${waiting.join(',')};\n`, rows: waiting.length };
    [waiting, length] = [[], 0];
  }
  if (waiting.length > 0) yield { text: `${head}${waiting.join(',')};\n`, rows: waiting.length };
}

function insertHead(table: string, columns: readonly Column[]): string {
  return `INSERT INTO \`${table}\` (${columns.map(({ name }) => `\`${name}\``).join(', ')}) VALUES `;
}
