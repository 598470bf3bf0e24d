import type { Statement } from 'better-sqlite3';
import type { SubAccount } from '../../ledger/sub-account';
import type { FoundKeys, KeyScope, RowScope } from '../batch-transaction';
import type { Cell } from '../database';
import type { ShardIdentity } from '../shard-identity';
import { READ_ENTRY_COLUMNS, toEntry } from '../statements/entry-row';
import { FIND_IDENTITY, toIdentity } from '../statements/find-identity';
import { HOLD_COLUMNS, toHold } from '../statements/hold-row';
import { INTAKE_COLUMNS, toIntake } from '../statements/intake-row';
import { REVERSAL_COLUMNS, toReversal } from '../statements/reversal-row';
import { SUB_ACCOUNT_COLUMNS, toSubAccount } from '../statements/sub-account-row';
import { toArrival, toDeparture, TRANSFER_COLUMNS } from '../statements/transfer-row';
import type { SqliteConnection } from './sqlite-file';

/** What batches read, prepared once a connection. Rows come as arrays, integers as `bigint`. */
export class BatchReads {
  readonly #row: Statement;
  readonly #rowsOfAccount: Statement;
  readonly #entry: Statement;
  readonly #transfer: Statement;
  readonly #hold: Statement;
  readonly #newestReversal: Statement;
  readonly #intake: Statement;
  readonly #identity: Statement;
  readonly #inOneSnapshot: (read: () => unknown) => unknown;

  constructor(readonly connection: SqliteConnection) {
    const prepare = (sql: string): Statement => connection.prepare(sql).raw();
    this.#row = prepare(`SELECT ${SUB_ACCOUNT_COLUMNS} FROM sub_account WHERE account_id = ? AND idx = ?`);
    this.#rowsOfAccount = prepare(
      `SELECT ${SUB_ACCOUNT_COLUMNS} FROM sub_account WHERE account_id = ? ORDER BY idx`,
    );
    this.#entry = prepare(`SELECT ${READ_ENTRY_COLUMNS} FROM entry WHERE account_id = ? AND request_id = ?`);
    this.#transfer = prepare(
      `SELECT ${TRANSFER_COLUMNS} FROM transfer WHERE account_id = ? AND transfer_id = ? AND direction = ?`,
    );
    this.#hold = prepare(`SELECT ${HOLD_COLUMNS} FROM hold WHERE account_id = ? AND hold_id = ?`);
    this.#newestReversal = prepare(
      `SELECT ${REVERSAL_COLUMNS} FROM reversal WHERE account_id = ? AND request_id = ? ORDER BY number DESC LIMIT 1`,
    );
    this.#intake = prepare(`SELECT ${INTAKE_COLUMNS} FROM intake WHERE account_id = ? AND request_id = ?`);
    this.#identity = prepare(FIND_IDENTITY);
    this.#inOneSnapshot = connection.transaction((read: () => unknown) => read());
  }

  /** Several reads cost less together: each alone takes and gives back the lock that a snapshot has. */
  together<T>(read: () => T): T {
    return this.#inOneSnapshot(read) as T;
  }

  rows(scope: RowScope): SubAccount[] {
    const rows: SubAccount[] = [];
    for (const [accountId, indices] of scope.rows) {
      if (scope.wholeAccounts.has(accountId)) {
        rows.push(...(this.#rowsOfAccount.all(accountId) as Cell[][]).map(toSubAccount));
        continue;
      }
      for (const index of indices) {
        const row = this.#row.get(accountId, index) as Cell[] | undefined;
        if (row) rows.push(toSubAccount(row));
      }
    }
    return rows;
  }

  identity(): ShardIdentity | undefined {
    return toIdentity(this.#identity.get() as Cell[] | undefined);
  }

  keys(keys: KeyScope): FoundKeys {
    return {
      entries: found(this.#entry, keys.requestIds).map(toEntry),
      arrivals: found(this.#transfer, keys.arrivalIds, 'in').map(toArrival),
      departures: found(this.#transfer, keys.departureIds, 'out').map(toDeparture),
      holds: found(this.#hold, keys.holdIds).map(toHold),
      reversals: found(this.#newestReversal, keys.reversedIds).map(toReversal),
      intakes: found(this.#intake, keys.intakeIds).map(toIntake),
    };
  }
}

/** What a statement about one key finds under each of some. */
function found(
  statement: Statement,
  ids: ReadonlyMap<string, readonly string[]>,
  ...more: readonly string[]
): Cell[][] {
  return [...ids].flatMap(([accountId, some]) =>
    some.flatMap((id) => {
      const row = statement.get(accountId, id, ...more) as Cell[] | undefined;
      return row ? [row] : [];
    }),
  );
}
