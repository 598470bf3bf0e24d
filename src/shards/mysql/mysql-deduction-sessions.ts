import { format, type PoolConnection } from 'mysql2';
import type { Cell } from '../database';
import { type Bracket, type DeductionWay, type StatementResult, TRANSACTION } from '../deduction-way';
import { faultAtCommit, ShardFault } from '../faults';
import type { DeductionSessions, OpenDeductionSession } from '../run-deduction';
import type { Statement } from '../statements/statement';
import { type FencedTransaction, toldRollback, UNFENCED } from './cluster/transaction-fence';
import { mysqlFault } from './mysql-faults';
import type { MysqlPool, RawResult } from './mysql-pool';

/** Deductions one by one on a MySQL or MariaDB shard, on sessions that the lanes do not wait for. */
export class MysqlDeductionSessions implements DeductionSessions {
  #opening: Promise<void> | undefined;

  constructor(
    private readonly name: string,
    private readonly pool: MysqlPool,
    private readonly keepsFeed: boolean,
  ) {}

  open(way: DeductionWay): OpenDeductionSession {
    const bracket = (way.brackets ?? TRANSACTION).mysql;
    const { name: shard, keepsFeed, pool } = this;
    return new MysqlDeductionSession({ shard, keepsFeed, bracket }, () => this.#acquire(), pool);
  }

  /** The pool is opened when a strategy first wants a session, once for all who want one at the same time. */
  async #acquire(): Promise<PoolConnection> {
    this.#opening ??= this.pool.open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
    return this.pool.acquire();
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

class MysqlDeductionSession implements OpenDeductionSession {
  readonly dialect = 'mysql';
  readonly shard: string;
  readonly keepsFeed: boolean;
  #connection: PoolConnection | undefined;
  #fenced: FencedTransaction = UNFENCED;
  #begun = false;
  #failed = false;

  constructor(
    private readonly parts: {
      readonly shard: string;
      readonly keepsFeed: boolean;
      readonly bracket: Bracket;
    },
    private readonly acquire: () => Promise<PoolConnection>,
    private readonly pool: Pick<MysqlPool, 'run' | 'transaction'>,
  ) {
    this.shard = parts.shard;
    this.keepsFeed = parts.keepsFeed;
  }

  async read(statement: Statement): Promise<StatementResult> {
    const [result] = await this.#run([bound(statement)]);
    return resultOf(result as RawResult);
  }

  async begin(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    this.#fenced = this.pool.transaction(await this.#session());
    const { begin } = this.#fenced;
    this.#begun = true;
    const results = await this.#runWrites([...begin, ...statements.map(bound)]);
    this.#check(() => {
      this.#fenced.checkBegun(results.slice(0, begin.length));
    });
    return results.slice(begin.length).map(resultOf);
  }

  async commit(statements: readonly Statement[]): Promise<void> {
    const { proof, separately } = this.#fenced;
    const ending = [...this.parts.bracket.commit, ...proof];
    if (separately) await this.#runWrites(statements.map(bound));
    const before = separately ? [] : statements.map(bound);
    const results = await this.#run([...before, ...ending], before.length);
    this.#check(() => {
      this.#fenced.checkCommitted((results.at(-1) as RawResult[] | undefined)?.[0]);
    });
    this.#begun = false;
  }

  /** A session with a failed or timed-out statement is destroyed, never returned to the pool. */
  async end(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    try {
      if (this.#failed) throw new Error('not to be used again');
      if (this.#begun) await this.pool.run(connection, this.parts.bracket.rollback.join(';\n'));
      connection.release();
    } catch {
      connection.destroy();
    }
  }

  /** On one trip; on a node of a cluster a trip each, because these are not guarded. */
  async #runWrites(statements: readonly string[]): Promise<RawResult[]> {
    if (!this.#fenced.separately) return this.#run(statements);
    const results: RawResult[] = [];
    for (const statement of statements) results.push(...(await this.#run([statement])));
    return results;
  }

  async #session(): Promise<PoolConnection> {
    return (this.#connection ??= await this.acquire());
  }

  /** @param commitAt where the statements that commit begin, if there are any; those before answer without rows */
  async #run(statements: readonly string[], commitAt?: number): Promise<RawResult[]> {
    let answered = 0;
    const countAnswers = commitAt === undefined ? undefined : (): void => void (answered += 1);
    try {
      const result = await this.pool.run(await this.#session(), statements.join(';\n'), countAnswers);
      return statements.length === 1 ? [result] : (result as RawResult[]);
    } catch (error) {
      // A duplicate key is an answer, not a failure: the session is as good as before once it has rolled back.
      this.#failed = !(error instanceof ShardFault && error.verdict === 'lookUpKeys');
      if (error instanceof ShardFault && commitAt !== undefined && answered >= commitAt)
        throw faultAtCommit(error);
      throw toldRollback(this.#fenced, error);
    }
  }

  #check(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#failed = true;
      throw mysqlFault(this.shard, error);
    }
  }
}

function bound({ sql, parameters }: Statement): string {
  return format(sql, [...parameters], false, 'Z');
}

/** The driver counts rows that matched, changed or not: sessions are opened with FOUND_ROWS. */
function resultOf(result: RawResult): StatementResult {
  return Array.isArray(result)
    ? { rows: result as Cell[][], matched: result.length }
    : { rows: [], matched: result.affectedRows };
}
