import type { PoolConnection } from 'mysql2';
import { feedChange } from '../../ledger/feed-change';
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
import { toFeedRow } from '../feed/feed-row';
import type { ShardIdentity } from '../shard-identity';
import { toEntry } from '../statements/entry-row';
import { FIND_IDENTITY, toIdentity } from '../statements/find-identity';
import { toHold } from '../statements/hold-row';
import { toIntake } from '../statements/intake-row';
import { toReversal } from '../statements/reversal-row';
import { toArrival, toDeparture } from '../statements/transfer-row';
import { type FencedTransaction, toldRollback } from './cluster/transaction-fence';
import { mysqlFault } from './mysql-faults';
import type { MysqlPool, RawResult } from './mysql-pool';
import { changeHolds } from './statements/change-holds';
import { findEntries } from './statements/find-entries';
import { findHolds } from './statements/find-holds';
import { findIntakes } from './statements/find-intakes';
import { findNewestReversals } from './statements/find-reversals';
import { findTransfers } from './statements/find-transfers';
import type { Guard } from './statements/guard';
import { insertEntries } from './statements/insert-entries';
import { insertFeed } from './statements/insert-feed';
import { insertHolds } from './statements/insert-holds';
import { insertPayments } from './statements/insert-payments';
import { insertReversals } from './statements/insert-reversals';
import { insertTransfers } from './statements/insert-transfers';
import { lockedRows, lockSubAccounts, probeLocks } from './statements/lock-sub-accounts';
import { writeIntakes } from './statements/write-intakes';
import { writeSubAccounts } from './statements/write-sub-accounts';

const NO_ACCOUNTS: ReadonlySet<string> = new Set();

/** Batches on a MySQL or MariaDB shard. */
export class MysqlBatchStore implements BatchStore {
  constructor(
    readonly name: string,
    private readonly pool: MysqlPool,
    private readonly keepsFeed: boolean,
  ) {}

  open(): Promise<void> {
    return this.pool.open();
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  /** Rows that exist and that SKIP LOCKED passes over are locked. Nothing stays locked: the transaction ends on the same trip. */
  async lockedAccounts(scope: Pick<RowScope, 'rows' | 'wholeAccounts'>): Promise<ReadonlySet<string>> {
    const probe = probeLocks(scope);
    const [, ...results] = await this.pool.single(
      async (session) =>
        (await this.pool.run(
          session,
          ['START TRANSACTION', ...probe.existing, ...probe.free, 'ROLLBACK'].join(';\n'),
        )) as RawResult[],
    );
    const keys = (some: readonly RawResult[]): string[] =>
      some.flatMap((rows) => (rows as Cell[][]).map((row) => row.join(' ')));
    const free = new Set(keys(results.slice(probe.existing.length, 2 * probe.existing.length)));
    const locked = keys(results.slice(0, probe.existing.length)).filter((key) => !free.has(key));
    return new Set(locked.map((key) => key.slice(0, key.lastIndexOf(' '))));
  }

  async begin(): Promise<BatchTransaction> {
    const connection = await this.pool.acquire();
    const { pool, keepsFeed } = this;
    return new MysqlBatchTransaction({ pool, keepsFeed }, connection, pool.transaction(connection));
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
    private readonly store: { readonly pool: MysqlPool; readonly keepsFeed: boolean },
    private readonly connection: PoolConnection,
    private readonly fenced: FencedTransaction,
  ) {}

  async lock(scope: RowScope): Promise<Locked> {
    const locks = lockSubAccounts(scope);
    const lookUps = scope.keys && lookUpStatements(scope.keys);
    const { begin } = this.fenced;
    const results = await this.#run([...begin, ...locks, ...(lookUps?.statements ?? [])]);
    this.#check(() => {
      this.fenced.checkBegun(results.splice(0, begin.length));
    });
    const found = results.splice(locks.length);
    return { ...lockedRows(results), found: lookUps ? lookUps.read(found) : NOTHING_FOUND };
  }

  async lookUp(keys: KeyScope): Promise<FoundKeys> {
    const { statements, read } = lookUpStatements(keys);
    return statements.length === 0 ? NOTHING_FOUND : read(await this.#run(statements));
  }

  /** The tables that were read are locked against being dropped or renamed until the transaction ends. */
  async identity(): Promise<ShardIdentity | undefined> {
    const [rows] = await this.#run([FIND_IDENTITY]);
    return toIdentity((rows as Cell[][])[0]);
  }

  async commit(changes: Changes, ahead?: () => AheadScope | undefined): Promise<Committed> {
    const { proof, guard } = this.fenced;
    const writes = [...writeStatements(changes, guard, this.store.keepsFeed), 'COMMIT', ...proof];
    const scope = ahead?.();
    if (scope) return this.#commitAndLock(writes, scope);
    const results = await this.#run(writes, { commitAt: commitIn(writes, proof), provenAt: writes.length });
    this.#checkCommitted(rowOf(results.at(-1)));
    this.connection.release();
    return COMMITTED;
  }

  /** The answer to the COMMIT, or to its proof, is heard as it comes: the locks behind it may have to be waited for. */
  async #commitAndLock(writes: readonly string[], scope: AheadScope): Promise<Committed> {
    const locks = lockSubAccounts({ ...scope, wholeAccounts: NO_ACCOUNTS });
    const next = this.store.pool.transaction(this.connection);
    const committed = Promise.withResolvers<unknown>();
    const trip = this.#run([...writes, ...next.begin, ...locks], {
      commitAt: commitIn(writes, this.fenced.proof),
      provenAt: writes.length,
      proven: (answer) => {
        committed.resolve(answer);
      },
    });
    trip.catch(() => undefined);
    // Where the proof has no row, the first answer behind it is no token either.
    const heard = await Promise.race([committed.promise, trip]);
    this.#checkCommitted(heard);
    return { ahead: this.#begunAhead(trip, { scope, next, answersBefore: writes.length }) };
  }

  async #begunAhead(
    trip: Promise<RawResult[]>,
    begun: {
      readonly scope: AheadScope;
      readonly next: FencedTransaction;
      readonly answersBefore: number;
    },
  ): Promise<AheadTransaction | undefined> {
    const { scope, next, answersBefore } = begun;
    try {
      const results = (await trip).slice(answersBefore);
      next.checkBegun(results.splice(0, next.begin.length));
      return {
        scope,
        transaction: new MysqlBatchTransaction(this.store, this.connection, next),
        locked: { ...lockedRows(results), found: NOTHING_FOUND },
      };
    } catch {
      this.connection.destroy();
      return undefined;
    }
  }

  #checkCommitted(answer: unknown): void {
    this.#check(() => {
      this.fenced.checkCommitted(answer);
    });
  }

  #check(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#failed = true;
      throw mysqlFault(this.store.pool.name, error);
    }
  }

  /** A session with a failed or timed-out statement is destroyed, never returned to the pool. */
  async rollback(): Promise<void> {
    if (this.#failed) {
      this.connection.destroy();
      return;
    }
    try {
      await this.store.pool.run(this.connection, 'ROLLBACK');
      this.connection.release();
    } catch {
      this.connection.destroy();
    }
  }

  /**
   * One trip. Where it has a COMMIT, the statements before that answer without rows and its proof with one, so answers are
   * counted: only who knows that the COMMIT itself failed, or its proof, knows that its outcome may be unknown.
   */
  async #run(statements: readonly string[], commit?: CommitInTrip): Promise<RawResult[]> {
    let answers = 0;
    const count =
      commit &&
      ((answer: unknown): void => {
        answers += 1;
        if (answers === commit.provenAt) commit.proven?.(answer);
      });
    try {
      const result = await this.store.pool.run(this.connection, statements.join(';\n'), count);
      return statements.length === 1 ? [result] : (result as RawResult[]);
    } catch (error) {
      // A duplicate key is an answer, not a failure: the session is as good as before once it has rolled back.
      this.#failed = !(error instanceof ShardFault && error.verdict === 'lookUpKeys');
      const isAtCommit = commit && answers >= commit.commitAt && answers < commit.provenAt;
      if (isAtCommit && error instanceof ShardFault) throw faultAtCommit(error);
      throw toldRollback(this.fenced, error);
    }
  }
}

/** Where in a trip the COMMIT stands, how many answers there are up to its proof, and what to do with the last of them. */
interface CommitInTrip {
  readonly commitAt: number;
  readonly provenAt: number;
  readonly proven?: (answer: unknown) => void;
}

function commitIn(writes: readonly string[], proof: readonly string[]): number {
  return writes.length - 1 - proof.length;
}

function rowOf(result: RawResult | undefined): unknown {
  return Array.isArray(result) ? result[0] : undefined;
}

function writeStatements(changes: Changes, guard: Guard, keepsFeed: boolean): string[] {
  const { entries, newHolds, changedHolds, reversals, newPayments, subAccounts } = changes;
  const transfers = insertTransfers(changes, guard);
  const told = keepsFeed ? feedChange(changes) : undefined;
  return [
    ...(entries.length > 0 ? [insertEntries(entries, guard)] : []),
    ...(newHolds.length > 0 ? [insertHolds(newHolds, guard)] : []),
    ...changeHolds(changedHolds, guard),
    ...(reversals.length > 0 ? [insertReversals(reversals, guard)] : []),
    ...(newPayments.length > 0 ? [insertPayments(newPayments, guard)] : []),
    ...writeIntakes(changes, guard),
    ...(transfers === undefined ? [] : [transfers]),
    ...(told ? [insertFeed(toFeedRow(told, changes.nowUs), guard)] : []),
    ...(subAccounts.length > 0 ? [writeSubAccounts(subAccounts, guard)] : []),
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
  const intakes = of(keys.intakeIds, findIntakes);
  return {
    statements: [...entries, ...arrivals, ...departures, ...holds, ...reversals, ...intakes],
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
        intakes: rows(intakes).map(toIntake),
      };
    },
  };
}
