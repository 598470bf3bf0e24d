import { integer, type Parameter, text } from '../database';
import { AHEAD_US_MAX, type DirectoryDatabase } from './directory-database';
import {
  OPERATION_COLUMNS,
  type OperationError,
  type OperationKind,
  type OperationRecord,
  type OperationStatus,
  toOperationRecord,
} from './operation-record';

/** The step of an operation that is written down and that nobody has begun. */
export const ASKED = 'asked';

/** The step of an operation for which nothing is left to do. */
export const ENDED = 'ended';

/** Operations deleted by one statement. */
const DELETED_MAX = 500;

/** What a step changes of an operation. */
export interface OperationAdvance {
  readonly step: string;
  readonly status?: OperationRecord['status'];
  readonly plan?: OperationRecord['plan'];
  readonly progress?: OperationRecord['progress'];
  readonly result?: unknown;
  readonly error?: OperationError;
}

/** Where an operation stands among all, by when it was asked for. */
export type OperationPosition = Pick<OperationRecord, 'createdAtUs' | 'operationId'>;

/** Which operations are asked for; all of them where nothing is said. */
export interface OperationFilter {
  readonly accountId?: string | undefined;
  readonly status?: OperationStatus | undefined;
}

/** Later than any. */
const NEWEST: OperationPosition = { createdAtUs: Number.MAX_SAFE_INTEGER, operationId: '' };

/** Operations in the directory. Every change is one statement. */
export class OperationStore {
  constructor(private readonly database: DirectoryDatabase) {}

  async insert(operation: {
    readonly operationId: string;
    readonly kind: OperationKind;
    readonly accountId: string | null;
    readonly step: string;
    readonly plan: OperationRecord['plan'];
    readonly runner: string;
    readonly leaseMs: number;
  }): Promise<void> {
    const { operationId, kind, accountId, step, plan, runner, leaseMs } = operation;
    const { now } = this.database;
    await this.database.write(
      `INSERT INTO operation (operation_id, kind, account_id, status, step, plan, runner, runner_until_us, created_at_us)
       VALUES (?, ?, ?, 'running', ?, ?, ?, ${now} + ?, ${now})`,
      [operationId, kind, accountId, step, JSON.stringify(plan), runner, leaseMs * 1_000],
    );
  }

  async find(operationId: string): Promise<OperationRecord | undefined> {
    const [row] = await this.database.read(
      `SELECT ${OPERATION_COLUMNS} FROM operation WHERE operation_id = ?`,
      [operationId],
    );
    return row && toOperationRecord(row);
  }

  /**
   * Operations, the newest first. They ride on the index of what they are asked for by; those of one account and one status go through the
   * account's, of which there are few.
   *
   * @param before where the page before ended
   */
  async list({
    limit,
    before = NEWEST,
    accountId,
    status,
  }: OperationFilter & {
    readonly limit: number;
    readonly before?: OperationPosition | undefined;
  }): Promise<OperationRecord[]> {
    const index =
      accountId === undefined
        ? status === undefined
          ? 'operation_created'
          : 'operation_of_status'
        : 'operation_of_account';
    const hint = this.database.dialect === 'mysql' ? `FORCE INDEX (${index})` : `INDEXED BY ${index}`;
    const wanted = [
      ...(accountId === undefined ? [] : [['account_id', accountId] as const]),
      ...(status === undefined ? [] : [['status', status] as const]),
    ];
    const rows = await this.database.read(
      `SELECT ${OPERATION_COLUMNS} FROM operation ${hint}
       WHERE ${wanted.map(([column]) => `${column} = ? AND `).join('')}created_at_us <= ?
         AND (created_at_us < ? OR operation_id < ?)
       ORDER BY created_at_us DESC, operation_id DESC LIMIT ?`,
      [
        ...wanted.map(([, value]) => value),
        before.createdAtUs,
        before.createdAtUs,
        before.operationId,
        limit,
      ],
    );
    return rows.map(toOperationRecord);
  }

  /**
   * Takes an operation to its next step, if it still stands where the caller believes; what has ended stays as it is.
   *
   * @returns whether it did
   */
  async advance(operationId: string, from: string, to: OperationAdvance): Promise<boolean> {
    if (from === ENDED) return false;
    const sets = ['step = ?'];
    const values: Parameter[] = [to.step];
    const set = (column: string, value: Parameter | undefined): void => {
      if (value === undefined) return;
      sets.push(`${column} = ?`);
      values.push(value);
    };
    set('status', to.status);
    set('plan', to.plan && JSON.stringify(to.plan));
    set('progress_done', to.progress?.done);
    set('progress_total', to.progress?.total);
    set('result', to.result === undefined ? undefined : JSON.stringify(to.result));
    set('error', to.error && JSON.stringify(to.error));
    const matched = await this.database.write(
      `UPDATE operation SET ${sets.join(', ')} WHERE operation_id = ? AND step = ?`,
      [...values, operationId, from],
    );
    return matched > 0;
  }

  /** How far the step has come; only the runner says so. */
  async report(operationId: string, progress: OperationRecord['progress']): Promise<void> {
    await this.database.write(
      'UPDATE operation SET progress_done = ?, progress_total = ? WHERE operation_id = ?',
      [progress.done, progress.total, operationId],
    );
  }

  /**
   * Forgets operations that ended long ago; rides on `operation_created` and deletes by the primary key.
   *
   * @param after where the last page ended; operations of that age that have not ended are passed by
   * @returns where this page ended, if there may be more behind it
   */
  async deleteEnded(olderThanMs: number, after = 0): Promise<number | undefined> {
    const index =
      this.database.dialect === 'mysql' ? 'FORCE INDEX (operation_created)' : 'INDEXED BY operation_created';
    const rows = await this.database.read(
      `SELECT operation_id, step, created_at_us FROM operation ${index}
       WHERE created_at_us >= ? AND created_at_us < ${this.database.statementNow} - ? ORDER BY created_at_us LIMIT ?`,
      [after, olderThanMs * 1_000, DELETED_MAX],
    );
    const ended = rows.filter(([, step]) => text(step) === ENDED).map(([operationId]) => text(operationId));
    if (ended.length > 0) {
      await this.database.write(
        `DELETE FROM operation WHERE operation_id IN (${ended.map(() => '?').join(', ')}) AND step = '${ENDED}'`,
        ended.sort(),
      );
    }
    const last = rows.at(-1);
    return rows.length === DELETED_MAX && last ? integer(last[2]) : undefined;
  }

  /**
   * Operations that are not over and that nobody runs, oldest first; then those that somebody took while the directory's
   * clock was ahead, and would be waited for as long. Plain reads; they ride on `operation_open`, on SQLite
   * `operation_unfinished`: those that are run or put off are not gone through.
   */
  async abandoned(limit: number): Promise<OperationRecord[]> {
    const { dialect, statementNow } = this.database;
    const open =
      dialect === 'mysql'
        ? 'FORCE INDEX (operation_open) WHERE is_open = 1'
        : `INDEXED BY operation_unfinished WHERE step <> '${ENDED}'`;
    const select = `SELECT ${OPERATION_COLUMNS} FROM operation ${open} AND`;
    const order = 'ORDER BY runner_until_us LIMIT ?';
    const due = await this.database.read(`${select} runner_until_us < ${statementNow} ${order}`, [limit]);
    const ahead = await this.database.read(
      `${select} runner_until_us > ${statementNow} + ${AHEAD_US_MAX} ${order}`,
      [limit - due.length],
    );
    return [...due, ...ahead].map(toOperationRecord);
  }

  /** Takes an operation over from a runner whose time is up, or prolongs one's own. @returns whether it is the runner's now */
  async claim(operationId: string, runner: string, leaseMs: number): Promise<boolean> {
    const { now } = this.database;
    const matched = await this.database.write(
      `UPDATE operation SET runner = ?, runner_until_us = ${now} + ?
       WHERE operation_id = ? AND step <> '${ENDED}' 
         AND (runner = ? OR runner_until_us < ${now} OR runner_until_us > ${now} + ?)`,
      [runner, leaseMs * 1_000, operationId, runner, AHEAD_US_MAX],
    );
    return matched > 0;
  }

  /** Lets others take it up after a while: what failed is tried again then. */
  async postpone(operationId: string, runner: string, pauseMs: number): Promise<void> {
    await this.database.write(
      `UPDATE operation SET runner_until_us = ${this.database.now} + ? WHERE operation_id = ? AND runner = ?`,
      [pauseMs * 1_000, operationId, runner],
    );
  }
}
