import Sqlite from 'better-sqlite3';
import { type Connection, createConnection, format } from 'mysql2/promise';
import type { Cell, Database, Dialect, Parameter, SchemaPart } from '../../src/shards/database';
import type { Location } from '../../src/shards/shard-address';
import type { Statement } from '../../src/shards/statements/statement';

/** A database that notes every statement sent to it. */
export class NotingDatabase implements Database {
  readonly statements: Statement[] = [];

  constructor(private readonly database: Database) {}

  get dialect(): Dialect {
    return this.database.dialect;
  }

  open(part: SchemaPart): Promise<void> {
    return this.database.open(part);
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    this.statements.push({ sql, parameters });
    return this.database.read(sql, parameters);
  }

  readSettled(sql: string, parameters: readonly Parameter[] = []): Promise<Cell[][]> {
    this.statements.push({ sql, parameters });
    return this.database.readSettled(sql, parameters);
  }

  write(sql: string, parameters: readonly Parameter[] = []): Promise<number> {
    this.statements.push({ sql, parameters });
    return this.database.write(sql, parameters);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** How a database carries a statement out. */
export interface StatementPlan {
  /** One for each table it reads: how it comes to its rows, and by which index. */
  readonly accesses: readonly string[];
  /** Accesses that go through a whole table or index, and sorts of what they find. */
  readonly unbounded: readonly string[];
  /** Rows of tables and indices that running it went through; not known on SQLite. */
  readonly rowsRead: number | undefined;
  readonly ms: number;
}

/** Explains statements on a connection of its own; what changes something is taken back. */
export interface Planner {
  run(sql: string): Promise<void>;
  explain(statement: Statement): Promise<StatementPlan>;
  close(): Promise<void>;
}

export async function plannerAt(location: Location): Promise<Planner> {
  return location.kind === 'sqlite' ? new SqlitePlanner(location.path) : MysqlPlanner.open(location.url);
}

/** Accesses by a range or by values of an index; `NULL` where no table is read. */
const BOUNDED_ACCESSES = new Set(['range', 'ref', 'ref_or_null', 'eq_ref', 'const', 'system', 'NULL']);

type ExplainRow = Readonly<Record<'table' | 'type' | 'key' | 'Extra', string | null>>;

class MysqlPlanner implements Planner {
  static async open(url: string): Promise<MysqlPlanner> {
    const connection = await createConnection({ uri: url, rowsAsArray: true, timezone: 'Z' });
    // MySQL can explain in several forms; MariaDB has this one only.
    await connection.query(`SET SESSION explain_format = 'TRADITIONAL'`).catch(() => undefined);
    // Entries of an index that are passed by within the engine are in no count.
    await connection.query(`SET SESSION optimizer_switch = 'index_condition_pushdown=off'`);
    return new MysqlPlanner(connection);
  }

  private constructor(private readonly connection: Connection) {}

  async run(sql: string): Promise<void> {
    await this.connection.query(sql);
  }

  async explain({ sql, parameters }: Statement): Promise<StatementPlan> {
    const bound = format(sql, parameters as Parameter[], false, 'Z');
    const [rows] = await this.connection.query({ sql: `EXPLAIN ${bound}`, rowsAsArray: false });
    const explained = (rows as ExplainRow[]).map(({ table, type, key, Extra }) => ({
      isDerived: table?.startsWith('<') ?? false,
      access: `${table ?? '-'}: ${type ?? 'NULL'} ${key ?? ''}`.trim(),
      isBounded: BOUNDED_ACCESSES.has(type ?? 'NULL'),
      isSorted: /filesort|temporary/i.test(Extra ?? ''),
    }));
    const tables = explained.filter(({ isDerived }) => !isDerived);
    const { rowsRead, ms } = await this.#measure(bound);
    return {
      accesses: tables.map(({ access }) => access),
      unbounded: tables
        .filter(({ isBounded, isSorted }) => !isBounded || isSorted)
        .map(({ access, isSorted }) => (isSorted ? `${access}, sorted` : access)),
      rowsRead,
      ms,
    };
  }

  close(): Promise<void> {
    return this.connection.end();
  }

  async #measure(sql: string): Promise<{ rowsRead: number; ms: number }> {
    await this.connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await this.connection.query('START TRANSACTION');
    try {
      // What asking costs is read first, to be taken off.
      const before = await this.#handlerReads();
      const asking = (await this.#handlerReads()) - before;
      const began = performance.now();
      await this.connection.query(sql);
      const ms = performance.now() - began;
      return { rowsRead: (await this.#handlerReads()) - before - 2 * asking, ms };
    } finally {
      await this.connection.query('ROLLBACK');
    }
  }

  async #handlerReads(): Promise<number> {
    const [rows] = await this.connection.query(`SHOW SESSION STATUS LIKE 'Handler_read%'`);
    return (rows as [string, string][])
      .filter(([name]) => !name.startsWith('Handler_read_rnd'))
      .reduce((sum, [, value]) => sum + Number(value), 0);
  }
}

class SqlitePlanner implements Planner {
  readonly #connection: Sqlite.Database;

  constructor(path: string) {
    this.#connection = new Sqlite(path);
    this.#connection.function('now_us', { deterministic: false }, () => BigInt(Date.now()) * 1_000n);
  }

  run(sql: string): Promise<void> {
    this.#connection.exec(sql);
    return Promise.resolve();
  }

  explain({ sql, parameters }: Statement): Promise<StatementPlan> {
    const details = this.#connection
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters)
      .map((row) => (row as { detail: string }).detail);
    // A list of values is a table of its own.
    const reading = details.filter(
      (detail) => /^(SEARCH|SCAN|USE)/.test(detail) && !/^SCAN (\(|page|waiting|CONSTANT)/.test(detail),
    );
    const ms = this.#measure({ sql, parameters });
    return Promise.resolve({
      accesses: reading.filter((detail) => !detail.startsWith('USE')),
      unbounded: reading.filter((detail) => !detail.startsWith('SEARCH')),
      rowsRead: undefined,
      ms,
    });
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  #measure({ sql, parameters }: Statement): number {
    const statement = this.#connection.prepare(sql);
    this.#connection.exec('BEGIN');
    try {
      const began = performance.now();
      if (statement.reader) statement.all(...parameters);
      else statement.run(...parameters);
      return performance.now() - began;
    } finally {
      this.#connection.exec('ROLLBACK');
    }
  }
}
