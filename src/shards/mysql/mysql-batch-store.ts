import type { PoolConnection } from 'mysql2';
import type { Changes } from '../../ledger/shard-state';
import type { BatchStore, BatchTransaction, FoundKeys, KeyScope, RowScope } from '../batch-transaction';
import type { Cell } from '../database';
import { ShardFault } from '../faults';
import { toEntry } from '../statements/entry-row';
import { toDeparture } from '../statements/transfer-row';
import type { MysqlPool, RawResult } from './mysql-pool';
import { findEntries } from './statements/find-entries';
import { findTransfers } from './statements/find-transfers';
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

  async lookUp(keys: KeyScope): Promise<FoundKeys> {
    const entries = [...keys.requestIds].flatMap(([accountId, ids]) => findEntries(accountId, ids));
    const arrivals = [...keys.arrivalIds].flatMap(([accountId, ids]) => findTransfers(accountId, ids, 'in'));
    const departures = [...keys.departureIds].flatMap(([accountId, ids]) =>
      findTransfers(accountId, ids, 'out'),
    );
    const statements = [...entries, ...arrivals, ...departures];
    if (statements.length === 0) return { entries: [], arrivals: [], departures: [] };
    const results = await this.#run(statements);
    const rows = (count: number): Cell[][] =>
      results.splice(0, count).flatMap((result) => result as Cell[][]);
    return {
      entries: rows(entries.length).map(toEntry),
      arrivals: rows(arrivals.length).map(toDeparture),
      departures: rows(departures.length).map(toDeparture),
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
