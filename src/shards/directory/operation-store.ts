import { type Parameter } from '../database';
import type { DirectoryDatabase } from './directory-database';
import {
  OPERATION_COLUMNS,
  type OperationError,
  type OperationKind,
  type OperationRecord,
  toOperationRecord,
} from './operation-record';

/** The step of an operation that is written down and that nobody has begun. */
export const ASKED = 'asked';

/** The step of an operation for which nothing is left to do. */
export const ENDED = 'ended';

/** What a step changes of an operation. */
export interface OperationAdvance {
  readonly step: string;
  readonly status?: OperationRecord['status'];
  readonly plan?: OperationRecord['plan'];
  readonly progress?: OperationRecord['progress'];
  readonly result?: unknown;
  readonly error?: OperationError;
}

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

  /** Forgets operations that ended long ago. */
  async deleteEnded(olderThanMs: number): Promise<void> {
    await this.database.write(
      `DELETE FROM operation WHERE step = '${ENDED}' AND created_at_us < ${this.database.now} - ?`,
      [olderThanMs * 1_000],
    );
  }

  /** Operations that are not over and that nobody runs, oldest first. */
  async abandoned(limit: number): Promise<OperationRecord[]> {
    const rows = await this.database.read(
      `SELECT ${OPERATION_COLUMNS} FROM operation
       WHERE step <> '${ENDED}' AND runner_until_us < ${this.database.now} ORDER BY runner_until_us LIMIT ?`,
      [limit],
    );
    return rows.map(toOperationRecord);
  }

  /** Takes an operation over from a runner whose time is up, or prolongs one's own. @returns whether it is the runner's now */
  async claim(operationId: string, runner: string, leaseMs: number): Promise<boolean> {
    const { now } = this.database;
    const matched = await this.database.write(
      `UPDATE operation SET runner = ?, runner_until_us = ${now} + ?
       WHERE operation_id = ? AND step <> '${ENDED}' AND (runner = ? OR runner_until_us < ${now})`,
      [runner, leaseMs * 1_000, operationId, runner],
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
