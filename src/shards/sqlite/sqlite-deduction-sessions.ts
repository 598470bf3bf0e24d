import type { Statement as Prepared } from 'better-sqlite3';
import type { Cell } from '../database';
import { type Bracket, type DeductionWay, type StatementResult, TRANSACTION } from '../deduction-way';
import type { DeductionSessions, OpenDeductionSession } from '../run-deduction';
import type { Statement } from '../statements/statement';
import { sqliteCommitFault, sqliteFault } from './sqlite-faults';
import type { SqliteConnection, SqliteFile } from './sqlite-file';

/** Deductions one by one on a SQLite file: reads beside the writer, transactions through its turnstile. */
export class SqliteDeductionSessions implements DeductionSessions {
  readonly #prepared = new WeakMap<SqliteConnection, Map<string, Prepared>>();

  constructor(
    private readonly name: string,
    private readonly file: SqliteFile,
    private readonly keepsFeed: boolean,
  ) {}

  open(way: DeductionWay): OpenDeductionSession {
    return new SqliteDeductionSession(
      { shard: this.name, keepsFeed: this.keepsFeed, bracket: (way.brackets ?? TRANSACTION).sqlite },
      this.file,
      (connection, statement) => this.#run(connection, statement),
    );
  }

  /** The file is closed with the shard's database. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The ways of deducting are few and their statements fixed: each is compiled once a connection. */
  #run(connection: SqliteConnection, { sql, parameters }: Statement): StatementResult {
    let statements = this.#prepared.get(connection);
    if (!statements) this.#prepared.set(connection, (statements = new Map<string, Prepared>()));
    let prepared = statements.get(sql);
    if (!prepared) {
      prepared = connection.prepare(sql);
      if (prepared.reader) prepared.raw();
      statements.set(sql, prepared);
    }
    if (!prepared.reader) return { rows: [], matched: prepared.run(...parameters).changes };
    const rows = prepared.all(...parameters) as Cell[][];
    return { rows, matched: rows.length };
  }
}

class SqliteDeductionSession implements OpenDeductionSession {
  readonly dialect = 'sqlite';
  readonly shard: string;
  readonly keepsFeed: boolean;
  #writer: { readonly connection: SqliteConnection; readonly leave: () => void } | undefined;
  #begun = false;

  constructor(
    private readonly parts: {
      readonly shard: string;
      readonly keepsFeed: boolean;
      readonly bracket: Bracket;
    },
    private readonly file: SqliteFile,
    private readonly run: (connection: SqliteConnection, statement: Statement) => StatementResult,
  ) {
    this.shard = parts.shard;
    this.keepsFeed = parts.keepsFeed;
  }

  read(statement: Statement): Promise<StatementResult> {
    return this.#try(() => this.run(this.file.reader, statement));
  }

  async begin(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    try {
      const { connection } = (this.#writer = await this.file.enterWriter());
      await this.file.whenUnlocked(() => {
        this.#bare(connection, this.parts.bracket.begin);
      });
      this.#begun = true;
      return statements.map((statement) => this.run(connection, statement));
    } catch (error) {
      throw sqliteFault(this.shard, error);
    }
  }

  commit(statements: readonly Statement[]): Promise<void> {
    return this.#try(() => {
      if (!this.#writer) throw new Error('nothing was begun');
      const { connection, leave } = this.#writer;
      for (const statement of statements) this.run(connection, statement);
      try {
        this.#bare(connection, this.parts.bracket.commit);
      } catch (error) {
        throw sqliteCommitFault(this.shard, error);
      }
      this.#begun = false;
      leave();
      this.file.assertInPlace();
    });
  }

  end(): Promise<void> {
    if (this.#writer && this.#begun) {
      try {
        this.#bare(this.#writer.connection, this.parts.bracket.rollback);
      } catch {
        // SQLite has rolled back by itself after the error that brought us here.
      }
    }
    this.#writer?.leave();
    return Promise.resolve();
  }

  #bare(connection: SqliteConnection, statements: readonly string[]): void {
    for (const sql of statements) this.run(connection, { sql, parameters: [] });
  }

  #try<T>(run: () => T): Promise<T> {
    try {
      return Promise.resolve(run());
    } catch (error) {
      return Promise.reject(sqliteFault(this.shard, error));
    }
  }
}
