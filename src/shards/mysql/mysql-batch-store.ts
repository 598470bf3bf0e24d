import type { PoolConnection } from 'mysql2';
import type { Changes } from '../../ledger/shard-state';
import {
  type AheadScope,
  type AheadTransaction,
  type BatchStore,
  type BatchTransaction,
  type Committed,
  COMMITTED,
  type FoundKeys,
  type KeyScope,
  type Locked,
  NOTHING_FOUND,
  type RowScope,
} from '../batch-transaction';
import type { Cell } from '../database';
import { faultAtCommit, ShardFault } from '../faults';
import { toEntry } from '../statements/entry-row';
import { toHold } from '../statements/hold-row';
import { toReversal } from '../statements/reversal-row';
import { toArrival, toDeparture } from '../statements/transfer-row';
import type { MysqlPool, RawResult } from './mysql-pool';
import { findEntries } from './statements/find-entries';
import { findHolds } from './statements/find-holds';
import { findNewestReversals } from './statements/find-reversals';
import { findTransfers } from './statements/find-transfers';
import { insertEntries } from './statements/insert-entries';
import { insertHolds } from './statements/insert-holds';
import { insertReversals } from './statements/insert-reversals';
import { insertTransfers } from './statements/insert-transfers';
import { lockedRows, lockSubAccounts } from './statements/lock-sub-accounts';
import { settleHolds } from './statements/settle-holds';
import { writeSubAccounts } from './statements/write-sub-accounts';

const NO_ACCOUNTS: ReadonlySet<string> = new Set();

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
 * A batch takes two round trips: open and lock, then write and commit; or one, when its rows were locked behind the commit
 * of the batch before. The server runs the statements of one trip in order and stops at the first that fails, so a
 * duplicate key never reaches the COMMIT behind it.
 */
class MysqlBatchTransaction implements BatchTransaction {
  #failed = false;

  constructor(
    private readonly pool: MysqlPool,
    private readonly connection: PoolConnection,
  ) {}

  async lock(scope: RowScope): Promise<Locked> {
    const locks = lockSubAccounts(scope);
    const lookUps = scope.keys && lookUpStatements(scope.keys);
    const [, ...results] = await this.#run(['START TRANSACTION', ...locks, ...(lookUps?.statements ?? [])]);
    const found = results.splice(locks.length);
    return { ...lockedRows(results), found: lookUps ? lookUps.read(found) : NOTHING_FOUND };
  }

  async lookUp(keys: KeyScope): Promise<FoundKeys> {
    const { statements, read } = lookUpStatements(keys);
    return statements.length === 0 ? NOTHING_FOUND : read(await this.#run(statements));
  }

  async commit(changes: Changes, ahead?: () => AheadScope | undefined): Promise<Committed> {
    const writes = [...writeStatements(changes), 'COMMIT'];
    const scope = ahead?.();
    if (scope) return this.#commitAndLock(writes, scope);
    await this.#run(writes, { commitAt: writes.length - 1 });
    this.connection.release();
    return COMMITTED;
  }

  /** The answer to the COMMIT is heard as it comes: the locks behind it may have to be waited for. */
  async #commitAndLock(writes: readonly string[], scope: AheadScope): Promise<Committed> {
    const locks = lockSubAccounts({ ...scope, wholeAccounts: NO_ACCOUNTS });
    const committed = Promise.withResolvers<undefined>();
    const trip = this.#run([...writes, 'START TRANSACTION', ...locks], {
      commitAt: writes.length - 1,
      committed: () => {
        committed.resolve(undefined);
      },
    });
    await Promise.race([committed.promise, trip]);
    const ahead = trip.then(
      (results): AheadTransaction => ({
        scope,
        transaction: new MysqlBatchTransaction(this.pool, this.connection),
        locked: { ...lockedRows(results.slice(writes.length + 1)), found: NOTHING_FOUND },
      }),
      () => {
        this.connection.destroy();
        return undefined;
      },
    );
    return { ahead };
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

  /**
   * One trip. Where it has a COMMIT, the statements before that answer without rows, so their answers are counted: only
   * who knows that the COMMIT itself failed knows that its outcome may be unknown.
   */
  async #run(statements: readonly string[], commit?: CommitInTrip): Promise<RawResult[]> {
    let wrote = 0;
    const countWrites = commit && {
      wrote: (): void => {
        wrote += 1;
        if (wrote > commit.commitAt) commit.committed?.();
      },
    };
    try {
      const result = await this.pool.run(this.connection, statements.join(';\n'), countWrites?.wrote);
      return statements.length === 1 ? [result] : (result as RawResult[]);
    } catch (error) {
      // A duplicate key is an answer, not a failure: the session is as good as before once it has rolled back.
      this.#failed = !(error instanceof ShardFault && error.verdict === 'lookUpKeys');
      throw error instanceof ShardFault && wrote === commit?.commitAt ? faultAtCommit(error) : error;
    }
  }
}

/** Where in a trip the COMMIT stands, and what to do as soon as it is answered. */
interface CommitInTrip {
  readonly commitAt: number;
  readonly committed?: () => void;
}

function writeStatements(changes: Changes): string[] {
  const { entries, newHolds, settledHolds, reversals, subAccounts } = changes;
  const transfers = insertTransfers(changes);
  return [
    ...(entries.length > 0 ? [insertEntries(entries)] : []),
    ...(newHolds.length > 0 ? [insertHolds(newHolds)] : []),
    ...settleHolds(settledHolds),
    ...(reversals.length > 0 ? [insertReversals(reversals)] : []),
    ...(transfers === undefined ? [] : [transfers]),
    ...(subAccounts.length > 0 ? [writeSubAccounts(subAccounts)] : []),
  ];
}

/** The statements that look keys up, and how to read what they answer. */
function lookUpStatements(keys: KeyScope): {
  readonly statements: readonly string[];
  readonly read: (results: readonly RawResult[]) => FoundKeys;
} {
  const of = (
    ids: ReadonlyMap<string, readonly string[]>,
    find: (accountId: string, some: readonly string[]) => string[],
  ): string[] => [...ids].flatMap(([accountId, some]) => find(accountId, some));
  const entries = of(keys.requestIds, findEntries);
  const arrivals = of(keys.arrivalIds, (accountId, ids) => findTransfers(accountId, ids, 'in'));
  const departures = of(keys.departureIds, (accountId, ids) => findTransfers(accountId, ids, 'out'));
  const holds = of(keys.holdIds, findHolds);
  const reversals = of(keys.reversedIds, findNewestReversals);
  return {
    statements: [...entries, ...arrivals, ...departures, ...holds, ...reversals],
    read: (results) => {
      const left = [...results];
      const rows = (statements: readonly string[]): Cell[][] =>
        left.splice(0, statements.length).flatMap((result) => result as Cell[][]);
      return {
        entries: rows(entries).map(toEntry),
        arrivals: rows(arrivals).map(toArrival),
        departures: rows(departures).map(toDeparture),
        holds: rows(holds).map(toHold),
        reversals: rows(reversals).map(toReversal),
      };
    },
  };
}
