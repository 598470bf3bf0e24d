import type { PoolConnection } from 'mysql2';
import type { Entry } from '../../ledger/entry';
import type { Changes } from '../../ledger/shard-state';
import type { BatchStore, BatchTransaction, KeyScope, RowScope } from '../batch-transaction';
import { type Cell, text } from '../database';
import { ShardFault } from '../faults';
import { toEntry } from '../statements/entry-row';
import type { MysqlPool, RawResult } from './mysql-pool';
import { findArrivals } from './statements/find-arrivals';
import { findEntries } from './statements/find-entries';
import { insertEntries } from './statements/insert-entries';
import { insertTransfers } from './statements/insert-transfers';
import { lockedRows, lockSubAccounts } from './statements/lock-sub-accounts';
import { writeSubAccounts } from './statements/write-sub-accounts';

/** Batches on a MySQL or MariaDB shard. */
export class MysqlBatchStore implements BatchStore {
  constructor(
    readonly name: string,
    private readonly pool: MysqlPool,
  ) {}

  open(): Promise<void> {
    return this.pool.open();
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  async begin(): Promise<BatchTransaction> {
    return new MysqlBatchTransaction(this.pool, await this.pool.acquire());
  }
}

/**
 * A batch takes two round trips: open and lock, then write and commit. The server runs the statements of one trip in
 * order and stops at the first that fails, so a duplicate key never reaches the COMMIT behind it.
 */
class MysqlBatchTransaction implements BatchTransaction {
  #failed = false;

  constructor(
    private readonly pool: MysqlPool,
    private readonly connection: PoolConnection,
  ) {}

  async lock(scope: RowScope): Promise<{ nowUs: number; rows: ReturnType<typeof lockedRows>['rows'] }> {
    const [, ...results] = await this.#run(['START TRANSACTION', ...lockSubAccounts(scope)]);
    return lockedRows(results);
  }

  async lookUp(
    keys: KeyScope,
  ): Promise<{ entries: Entry[]; arrivals: { accountId: string; transferId: string }[] }> {
    const entryStatements = [...keys.requestIds].flatMap(([accountId, ids]) => findEntries(accountId, ids));
    const arrivalStatements = [...keys.transferIds].map(([accountId, ids]) => findArrivals(accountId, ids));
    const results = await this.#run([...entryStatements, ...arrivalStatements]);
    const rows = (part: RawResult[]): Cell[][] => part.flatMap((result) => result as Cell[][]);
    return {
      entries: rows(results.slice(0, entryStatements.length)).map(toEntry),
      arrivals: rows(results.slice(entryStatements.length)).map(([accountId, transferId]) => ({
        accountId: text(accountId),
        transferId: text(transferId),
      })),
    };
  }

  async commit(changes: Changes): Promise<void> {
    const transfers = insertTransfers(changes);
    await this.#run([
      ...(changes.entries.length > 0 ? [insertEntries(changes.entries)] : []),
      ...(transfers === undefined ? [] : [transfers]),
      ...(changes.subAccounts.length > 0 ? [writeSubAccounts(changes.subAccounts)] : []),
      'COMMIT',
    ]);
    this.connection.release();
  }

  /** A session with a failed or timed-out statement is destroyed, never returned to the pool. */
  async rollback(): Promise<void> {
    if (this.#failed) {
      this.connection.destroy();
      return;
    }
    try {
      await this.pool.run(this.connection, 'ROLLBACK');
      this.connection.release();
    } catch {
      this.connection.destroy();
    }
  }

  async #run(statements: readonly string[]): Promise<RawResult[]> {
    try {
      const result = await this.pool.run(this.connection, statements.join(';\n'));
      return statements.length === 1 ? [result] : (result as RawResult[]);
    } catch (error) {
      // A duplicate key is an answer, not a failure: the session is as good as before once it has rolled back.
      this.#failed = !(error instanceof ShardFault && error.verdict === 'lookUpKeys');
      throw error;
    }
  }
}
