import type { PastPlacement, Placement } from '../../ledger/routing';
import type { AccountStatus, RowStatus } from '../../ledger/sub-account';
import { type Cell, exact, hex, integer, text, textOrNull } from '../database';
import { type CreditLine, CREDIT_LINE_COLUMNS, toCreditLine } from './credit-line';

/** An account as the directory knows it. */
export interface AccountRecord {
  readonly accountId: string;
  readonly asset: string;
  /** What its rows enforce; `closed` already while it is being closed. */
  readonly status: AccountStatus;
  readonly statusVersion: number;
  /** While it is being closed: the status it goes back to if it turns out not to be empty. */
  readonly closingFrom: AccountStatus | null;
  readonly strategy: string;
  readonly subAccounts: number;
  readonly placement: Placement;
  /** Announced and not active yet. */
  readonly next: NextPlacement | null;
  /** Placements whose idempotency window may still be open, without the present one. */
  readonly past: readonly PastPlacement[];
  /** Every shard that any placement ever named, announced ones included: where its money and its keys may be. */
  readonly reach: readonly string[];
  /** Numbers the changes of its size or placement. */
  readonly operation: number;
  /** The change under way. */
  readonly operationId: string | null;
  /** Rises with every change of the account; its ETag. */
  readonly revision: number;
  readonly lowBalanceMinor: bigint | null;
  /** What its users attached: canonical JSON of a string map. */
  readonly metadata: string | null;
  /** How often it may be used; `null` where that is not limited. */
  readonly rates: AccountRates | null;
  /** Whether and how far it may be split by itself: JSON; `null` of accounts made by builds that did not. */
  readonly autoSplit: string | null;
  /** What it may be in debt for, and how far that has got to its rows. */
  readonly credit: CreditLine;
  readonly openingBalanceMinor: bigint | null;
  /** `creating` until the opening balance stands. */
  readonly creation: 'creating' | 'done';
  /** Hash of what its creator asked for (32 hex digits). */
  readonly fingerprint: string;
  readonly createdAtUs: number;
  /** When this record was read, by the directory's clock: the age of past placements is counted up to then. */
  readonly readAtUs: number;
  /** Of what a budget may spend in a period, which is placed as its account is; its epoch is its newest step. */
  readonly allowance?: AllowanceFacts;
}

/** What the directory knows of an allowance beside where it is. */
export interface AllowanceFacts {
  /** The account that the budget belongs to. */
  readonly of: string;
  /** The epoch of that account's placement. */
  readonly epochOfAccount: number;
  readonly budgetId: string;
  readonly periodStartUs: number;
  readonly periodEndUs: number | null;
  /** The limit by its newest step, whether the shards have that or not. */
  readonly grantedMinor: bigint;
  /** Steps that the shards may not have yet. */
  readonly pending: readonly AllowanceStep[];
  /** Of the allowance alone. */
  readonly revision: number;
  /** The budget was deleted, and nothing is charged to it any more. */
  readonly isDeleted: boolean;
  /** The limit that the budget has now. */
  readonly limitMinor: bigint;
  readonly isBudgetDeleted: boolean;
}

/** One change of an allowance's limit. */
export interface AllowanceStep {
  readonly step: number;
  /** What it adds; below zero what it takes. */
  readonly deltaMinor: bigint;
}

/** In a second, whoever uses the account; `null` without limit. */
export interface AccountRates {
  readonly requestsPerSecond: number | null;
  readonly deductionsPerSecond: number | null;
}

/** An account as it is first written: nothing has happened to it yet. */
export type NewAccountRecord = Omit<
  AccountRecord,
  | 'createdAtUs'
  | 'readAtUs'
  | 'rates'
  | 'closingFrom'
  | 'next'
  | 'past'
  | 'reach'
  | 'operation'
  | 'operationId'
>;

export interface NextPlacement extends Placement {
  readonly subAccounts: number;
}

/** What the account's rows are told under `statusVersion`. */
export function rowStatusOf({ status, credit }: Pick<AccountRecord, 'status' | 'credit'>): RowStatus {
  return status === 'active' && credit.isOver ? 'overLimit' : status;
}

/** Of two records of one account, the one that was written later. */
export function laterRecord(a: AccountRecord, b: AccountRecord): AccountRecord {
  return a.revision > b.revision ? a : b;
}

const ACCOUNT_COLUMNS =
  'account_id, asset, status, status_version, strategy, sub_accounts, epoch, shards, revision, low_balance, ' +
  'opening_balance, creation, fingerprint, created_at_us, closing_from, next_placement, past_placements, reach, ' +
  'operation, operation_id, metadata, requests_per_second, deductions_per_second, auto_split, ' +
  CREDIT_LINE_COLUMNS;

/** Behind them comes the time, and whatever else is selected. */
export const ACCOUNT_COLUMNS_COUNT = ACCOUNT_COLUMNS.split(',').length;

/** What is selected of an account. @param now the database's clock as an SQL expression */
export function accountColumns(now: string): string {
  return `${ACCOUNT_COLUMNS}, ${now}`;
}

/** Reads a row selected as `accountColumns`. */
export function toAccountRecord(row: readonly Cell[]): AccountRecord {
  const amount = (cell: Cell | undefined): bigint | null => (cell === null ? null : exact(cell));
  const json = (cell: Cell | undefined): unknown => {
    const value = textOrNull(cell ?? null);
    return value === null ? null : JSON.parse(value);
  };
  const shards = text(row[7]).split(',');
  return {
    accountId: text(row[0]),
    asset: text(row[1]),
    status: text(row[2]) as AccountStatus,
    statusVersion: integer(row[3]),
    strategy: text(row[4]),
    subAccounts: integer(row[5]),
    placement: { epoch: integer(row[6]), shards },
    revision: integer(row[8]),
    lowBalanceMinor: amount(row[9]),
    openingBalanceMinor: amount(row[10]),
    creation: text(row[11]) as AccountRecord['creation'],
    fingerprint: hex(row[12]),
    createdAtUs: integer(row[13]),
    closingFrom: textOrNull(row[14] ?? null) as AccountStatus | null,
    next: json(row[15]) as NextPlacement | null,
    past: (json(row[16]) as PastPlacement[] | null) ?? [],
    reach: textOrNull(row[17] ?? null)?.split(',') ?? shards,
    operation: integer(row[18]),
    operationId: textOrNull(row[19] ?? null),
    metadata: textOrNull(row[20] ?? null),
    rates: ratesIn(row[21] ?? null, row[22] ?? null),
    autoSplit: textOrNull(row[23] ?? null),
    credit: toCreditLine(row.slice(24)),
    readAtUs: integer(row[ACCOUNT_COLUMNS_COUNT]),
  };
}

function ratesIn(requests: Cell, deductions: Cell): AccountRates | null {
  if (requests === null && deductions === null) return null;
  const rate = (cell: Cell): number | null => (cell === null ? null : integer(cell));
  return { requestsPerSecond: rate(requests), deductionsPerSecond: rate(deductions) };
}
