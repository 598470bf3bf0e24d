import type { Statement } from 'better-sqlite3';
import type { Changes } from '../../ledger/shard-state';
import type { SubAccount } from '../../ledger/sub-account';
import type { Departure } from '../../ledger/transfer';
import {
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
import { type Cell, integer } from '../database';
import type { ShardFault } from '../faults';
import { toEntry } from '../statements/entry-row';
import { holdParameters, toHold } from '../statements/hold-row';
import { toReversal } from '../statements/reversal-row';
import { toSubAccount } from '../statements/sub-account-row';
import { toDeparture } from '../statements/transfer-row';
import { passProcessClock } from './process-clock';
import { sqliteFault } from './sqlite-faults';
import type { SqliteConnection, SqliteFile } from './sqlite-file';
import { type BatchStatements, insertEntries, prepareBatchStatements } from './batch-statements';

/** Batches on a SQLite file: one at a time, each BEGIN IMMEDIATE … COMMIT on the one writer. */
export class SqliteBatchStore implements BatchStore {
  readonly #statements = new WeakMap<SqliteConnection, BatchStatements>();

  constructor(
    readonly name: string,
    private readonly file: SqliteFile,
  ) {}

  /** The file is opened with the shard's database. */
  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async begin(): Promise<BatchTransaction> {
    try {
      const { connection, leave } = await this.file.enterWriter();
      let statements = this.#statements.get(connection);
      if (!statements) this.#statements.set(connection, (statements = prepareBatchStatements(connection)));
      return new SqliteBatchTransaction(this.name, statements, leave);
    } catch (error) {
      throw sqliteFault(this.name, error);
    }
  }
}

class SqliteBatchTransaction implements BatchTransaction {
  #open = false;

  constructor(
    private readonly name: string,
    private readonly statements: BatchStatements,
    private readonly leave: () => void,
  ) {}

  lock(scope: RowScope): Promise<Locked> {
    return this.#try(() => {
      this.statements.begin.run();
      this.#open = true;
      const rows: SubAccount[] = [];
      for (const [accountId, indices] of scope.rows) {
        if (scope.wholeAccounts.has(accountId)) {
          rows.push(...(this.statements.rowsOfAccount.all(accountId) as Cell[][]).map(toSubAccount));
          continue;
        }
        for (const index of indices) {
          const row = this.statements.row.get(accountId, index) as Cell[] | undefined;
          if (row) rows.push(toSubAccount(row));
        }
      }
      const found = scope.keys ? this.#lookUp(scope.keys) : NOTHING_FOUND;
      return { nowUs: integer((this.statements.now.get() as Cell[])[0]), rows, found };
    });
  }

  lookUp(keys: KeyScope): Promise<FoundKeys> {
    return this.#try(() => this.#lookUp(keys));
  }

  #lookUp(keys: KeyScope): FoundKeys {
    const { entry, hold, newestReversal } = this.statements;
    return {
      entries: rowsOf(entry, keys.requestIds).map(toEntry),
      arrivals: this.#transfers(keys.arrivalIds, 'in'),
      departures: this.#transfers(keys.departureIds, 'out'),
      holds: rowsOf(hold, keys.holdIds).map(toHold),
      reversals: rowsOf(newestReversal, keys.reversedIds).map(toReversal),
    };
  }

  #transfers(ids: ReadonlyMap<string, readonly string[]>, direction: 'in' | 'out'): Departure[] {
    return [...ids].flatMap(([accountId, transferIds]) =>
      transferIds
        .map((transferId) => this.statements.transfer.get(accountId, transferId, direction))
        .filter((row) => row !== undefined)
        .map((row) => toDeparture(row as Cell[])),
    );
  }

  async commit(changes: Changes): Promise<Committed> {
    await this.#try(() => {
      const { insertTransfer, writeRow } = this.statements;
      insertEntries(this.statements, changes.entries);
      this.#writeHolds(changes);
      for (const out of changes.departures)
        insertTransfer.run(
          ...half(out, 'out'),
          out.toShard,
          out.amountMinor,
          1,
          changes.nowUs,
          out.fromVersion,
          null,
        );
      for (const arrival of changes.arrivals) {
        insertTransfer.run(
          ...half(arrival, 'in'),
          arrival.fromShard,
          arrival.amountMinor,
          null,
          changes.nowUs,
          null,
          arrival.toVersion,
        );
      }
      for (const move of changes.localMoves)
        insertTransfer.run(
          ...half(move, 'local'),
          null,
          move.amountMinor,
          null,
          changes.nowUs,
          move.fromVersion,
          move.toVersion,
        );
      for (const row of changes.subAccounts) {
        writeRow.run(
          row.availableMinor,
          row.heldMinor,
          row.netMinor,
          row.movedMinor,
          row.epoch,
          row.version,
          row.outsideVersion,
          row.accountStatus,
          row.accountStatusVersion,
          row.state,
          row.operation,
          row.accountId,
          row.index,
        );
      }
      passProcessClock(changes.nowUs + changes.entries.length);
      this.statements.commit.run();
      this.#open = false;
    });
    this.leave();
    return COMMITTED;
  }

  #writeHolds({ newHolds, settledHolds, reversals }: Changes): void {
    const { insertHold, settleHold, insertReversal } = this.statements;
    for (const hold of newHolds) insertHold.run(...holdParameters(hold));
    for (const { state, confirmedMinor, settledVersion, reference, accountId, holdId } of settledHolds)
      settleHold.run(state, confirmedMinor, settledVersion, reference, accountId, holdId);
    for (const { accountId, reverses, number, reversedMinor, subAccount, version } of reversals)
      insertReversal.run(accountId, reverses, number, reversedMinor, subAccount, version);
  }

  rollback(): Promise<void> {
    try {
      if (this.#open) this.statements.rollback.run();
    } catch {
      // SQLite has rolled back by itself after the error that brought us here.
    }
    this.leave();
    return Promise.resolve();
  }

  #try<T>(run: () => T): Promise<T> {
    try {
      return Promise.resolve(run());
    } catch (error) {
      const fault: ShardFault = sqliteFault(this.name, error);
      return Promise.reject(fault);
    }
  }
}

/** What a statement about one key finds under each of some. */
function rowsOf(statement: Statement, ids: ReadonlyMap<string, readonly string[]>): Cell[][] {
  return [...ids].flatMap(([accountId, some]) =>
    some.flatMap((id) => {
      const row = statement.get(accountId, id) as Cell[] | undefined;
      return row ? [row] : [];
    }),
  );
}

function half(
  transfer: { accountId: string; transferId: string; fromSubAccount: number; toSubAccount: number },
  direction: 'out' | 'in' | 'local',
): [string, string, string, number, number] {
  return [transfer.accountId, transfer.transferId, direction, transfer.fromSubAccount, transfer.toSubAccount];
}
