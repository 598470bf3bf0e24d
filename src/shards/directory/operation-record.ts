import { type Cell, integer, text, textOrNull } from '../database';

export type OperationKind = 'resize' | 'rebalance' | 'status' | 'audit' | 'repair';

export const OPERATION_STATUSES = ['running', 'done', 'failed'] as const;

export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** Why an operation failed, as its user is told. */
export interface OperationError {
  readonly code: string;
  readonly detail: string;
}

/** Work that outlives the request that asked for it: a job of steps, each taken by compare-and-set. */
export interface OperationRecord {
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly accountId: string | null;
  readonly status: OperationStatus;
  /** Where the job stands; `ended` when nothing is left to do, which may be later than `done`. */
  readonly step: string;
  /** What was asked for and what was decided on the way. */
  readonly plan: Readonly<Record<string, unknown>>;
  readonly progress: { readonly done: number; readonly total: number };
  readonly result: unknown;
  readonly error: OperationError | null;
  readonly createdAtUs: number;
}

export const OPERATION_COLUMNS =
  'operation_id, kind, account_id, status, step, plan, progress_done, progress_total, result, error, created_at_us';

export function toOperationRecord(row: readonly Cell[]): OperationRecord {
  const json = (cell: Cell | undefined): unknown => {
    const value = textOrNull(cell ?? null);
    return value === null ? null : JSON.parse(value);
  };
  return {
    operationId: text(row[0]),
    kind: text(row[1]) as OperationKind,
    accountId: textOrNull(row[2] ?? null),
    status: text(row[3]) as OperationStatus,
    step: text(row[4]),
    plan: json(row[5]) as OperationRecord['plan'],
    progress: { done: integer(row[6]), total: integer(row[7]) },
    result: json(row[8]),
    error: json(row[9]) as OperationError | null,
    createdAtUs: integer(row[10]),
  };
}
