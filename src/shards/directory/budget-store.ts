import type { BudgetPeriod } from '../../ledger/budget-period';
import { type Cell, exact, integer, text, textOrNull } from '../database';
import {
  ACCOUNT_COLUMNS_COUNT,
  accountColumns,
  type AccountRecord,
  type AllowanceFacts,
  type AllowanceStep,
  toAccountRecord,
} from './account-record';
import { NO_CREDIT } from './credit-line';
import type { DirectoryDatabase } from './directory-database';
import { paddedList } from '../padded-list';

/** A limit on what is deducted from an account. */
export interface BudgetRecord {
  readonly accountId: string;
  readonly budgetId: string;
  readonly limitMinor: bigint;
  readonly period: BudgetPeriod;
  /** An IANA name. */
  readonly timeZone: string;
  readonly parent: string | null;
  /** 1 of a budget without a parent. */
  readonly depth: number;
  readonly isDeleted: boolean;
  readonly createdAtUs: number;
  /** The directory's clock when this was read. */
  readonly readAtUs: number;
}

export type NewBudget = Omit<BudgetRecord, 'depth' | 'isDeleted' | 'createdAtUs' | 'readAtUs'>;

export interface NewAllowance {
  readonly allowanceId: string;
  readonly accountId: string;
  readonly budgetId: string;
  readonly periodStartUs: number;
  readonly periodEndUs: number | null;
}

/** How deep a tree of budgets may be. */
export const BUDGET_DEPTH_MAX = 4;

/** Of one budget, by reckonings that differ a little. */
const PERIODS_OPEN_MAX = 3;

const COLUMNS = 'account_id, budget_id, cap, period, time_zone, parent, depth, is_deleted, created_at_us';

/** Budgets, and what they may spend in the periods in which they were used. Every method is one statement. */
export class BudgetStore {
  constructor(private readonly database: DirectoryDatabase) {}

  /** Inserts a budget below its parent. @returns false when its id is taken, or the parent is not there or too deep */
  insert({ accountId, budgetId, limitMinor, period, timeZone, parent }: NewBudget): Promise<boolean> {
    const { now } = this.database;
    const given = [accountId, budgetId, limitMinor, period, timeZone, parent];
    if (parent === null)
      return this.database.insertOnce(
        `INSERT INTO budget (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, 1, 0, ${now})`,
        given,
      );
    return this.database.insertOnce(
      `INSERT INTO budget (${COLUMNS})
       SELECT ?, ?, ?, ?, ?, ?, above.depth + 1, 0, ${now} FROM budget AS above
       WHERE above.account_id = ? AND above.budget_id = ? AND above.is_deleted = 0 AND above.depth < ?`,
      [...given, accountId, parent, BUDGET_DEPTH_MAX],
    );
  }

  /** Deleted ones too. */
  async find(accountId: string, budgetId: string): Promise<BudgetRecord | undefined> {
    const [row] = await this.database.read(
      `SELECT ${COLUMNS}, ${this.database.now} FROM budget WHERE account_id = ? AND budget_id = ?`,
      [accountId, budgetId],
    );
    return row && toBudget(row);
  }

  /** By their ids, those behind `after` first. */
  async list(page: { accountId: string; after: string; limit: number }): Promise<BudgetRecord[]> {
    const rows = await this.database.read(
      `SELECT ${COLUMNS}, ${this.database.now} FROM budget
       WHERE account_id = ? AND budget_id > ? AND is_deleted = 0 ORDER BY budget_id LIMIT ?`,
      [page.accountId, page.after, page.limit],
    );
    return rows.map(toBudget);
  }

  /** @returns false when there is no such budget any more */
  async changeLimit(accountId: string, budgetId: string, limitMinor: bigint): Promise<boolean> {
    const matched = await this.database.write(
      'UPDATE budget SET cap = ? WHERE account_id = ? AND budget_id = ? AND is_deleted = 0',
      [limitMinor, accountId, budgetId],
    );
    return matched > 0;
  }

  async delete(accountId: string, budgetId: string): Promise<void> {
    await this.database.write('UPDATE budget SET is_deleted = 1 WHERE account_id = ? AND budget_id = ?', [
      accountId,
      budgetId,
    ]);
  }

  /**
   * Opens a period with the limit that its budget has at that moment, as the first step. The budget's row is locked meanwhile, so
   * that a change of the limit either comes first or finds the period.
   *
   * @returns false when it is open already, or its budget is gone
   */
  openAllowance(allowance: NewAllowance): Promise<boolean> {
    const { dialect } = this.database;
    const { allowanceId, accountId, budgetId, periodStartUs, periodEndUs } = allowance;
    const firstStep = dialect === 'mysql' ? `CONCAT('[["1","', cap, '"]]')` : `'[["1","' || cap || '"]]'`;
    return this.database.insertOnce(
      `INSERT INTO allowance (allowance_id, account_id, budget_id, period_start_us, period_end_us, granted, step, pending,
         revision, is_deleted)
       SELECT ?, account_id, budget_id, ?, ?, cap, 1, ${firstStep}, 1, 0 FROM budget
       WHERE account_id = ? AND budget_id = ? AND is_deleted = 0${dialect === 'mysql' ? ' LOCK IN SHARE MODE' : ''}`,
      [allowanceId, periodStartUs, periodEndUs, accountId, budgetId],
    );
  }

  /** The allowances of these ids that there are, as accounts. At most `LOOKED_UP_MAX` ids. */
  async findAllowances(allowanceIds: readonly string[]): Promise<AccountRecord[]> {
    const ids = paddedList(allowanceIds);
    const rows = await this.#read(`allowance.allowance_id IN (${ids.map(() => '?').join(', ')})`, ids);
    return rows.map(toAllowance);
  }

  /** The periods of a budget that are not over: the present one, and one that another instance's reckoning has begun. */
  async openAllowances(accountId: string, budgetId: string): Promise<AccountRecord[]> {
    const rows = await this.#read(
      `allowance.account_id = ? AND allowance.budget_id = ? ORDER BY allowance.period_start_us DESC LIMIT ?`,
      [accountId, budgetId, PERIODS_OPEN_MAX],
    );
    return rows.map(toAllowance).filter((found) => {
      const { periodEndUs } = factsOf(found);
      return periodEndUs === null || periodEndUs > found.readAtUs;
    });
  }

  #read(where: string, parameters: readonly (string | number)[]): Promise<Cell[][]> {
    const columns = accountColumns(this.database.now)
      .split(', ')
      .map((column) => (/^[a-z_]+$/.test(column) ? `account.${column}` : column))
      .join(', ');
    return this.database.read(
      `SELECT ${columns}, allowance.allowance_id, allowance.budget_id, allowance.period_start_us, allowance.period_end_us,
         allowance.granted, allowance.step, allowance.pending, allowance.revision, allowance.is_deleted, budget.cap,
         budget.is_deleted
       FROM allowance
       JOIN account ON account.account_id = allowance.account_id
       JOIN budget ON budget.account_id = allowance.account_id AND budget.budget_id = allowance.budget_id
       WHERE ${where}`,
      parameters,
    );
  }

  /**
   * Decides the next step of an allowance, towards what its budget says now.
   *
   * @returns false when it has changed meanwhile
   */
  async decideStep(
    allowance: AccountRecord,
    next: {
      readonly grantedMinor: bigint;
      readonly pending: readonly AllowanceStep[];
      readonly isDeleted: boolean;
    },
  ): Promise<boolean> {
    const facts = factsOf(allowance);
    const matched = await this.database.write(
      `UPDATE allowance SET granted = ?, step = step + 1, pending = ?, is_deleted = ?, revision = revision + 1
       WHERE allowance_id = ? AND revision = ?`,
      [
        next.grantedMinor,
        pendingText(next.pending),
        next.isDeleted ? 1 : 0,
        allowance.accountId,
        facts.revision,
      ],
    );
    return matched > 0;
  }

  /** Notes that the shards have some steps. @returns false when the allowance has changed meanwhile */
  async settle(allowance: AccountRecord, pending: readonly AllowanceStep[]): Promise<boolean> {
    const matched = await this.database.write(
      'UPDATE allowance SET pending = ?, revision = revision + 1 WHERE allowance_id = ? AND revision = ?',
      [pendingText(pending), allowance.accountId, factsOf(allowance).revision],
    );
    return matched > 0;
  }
}

/** @throws TypeError of an account that is no allowance */
export function factsOf({ accountId, allowance }: AccountRecord): AllowanceFacts {
  if (!allowance) throw new TypeError(`${accountId} is no allowance`);
  return allowance;
}

function pendingText(pending: readonly AllowanceStep[]): string | null {
  if (pending.length === 0) return null;
  return JSON.stringify(pending.map(({ step, deltaMinor }) => [String(step), deltaMinor.toString()]));
}

function pendingIn(cell: Cell | undefined): AllowanceStep[] {
  const pending = textOrNull(cell ?? null);
  if (pending === null) return [];
  return (JSON.parse(pending) as [string, string][]).map(([step, delta]) => ({
    step: Number(step),
    deltaMinor: BigInt(delta),
  }));
}

function toBudget(row: readonly Cell[]): BudgetRecord {
  return {
    accountId: text(row[0]),
    budgetId: text(row[1]),
    limitMinor: exact(row[2]),
    period: text(row[3]) as BudgetPeriod,
    timeZone: text(row[4]),
    parent: textOrNull(row[5] ?? null),
    depth: integer(row[6]),
    isDeleted: integer(row[7]) === 1,
    createdAtUs: integer(row[8]),
    readAtUs: integer(row[9]),
  };
}

/**
 * An allowance is placed as its account is and has no status of its own: the account's rows, which every charge locks too, say
 * whether anything is taken. Its epoch is its step.
 */
function toAllowance(row: readonly Cell[]): AccountRecord {
  const account = toAccountRecord(row);
  const own = row.slice(ACCOUNT_COLUMNS_COUNT + 1);
  const revision = integer(own[7]);
  return {
    ...account,
    accountId: text(own[0]),
    status: 'active',
    statusVersion: 1,
    strategy: 'merged',
    placement: { ...account.placement, epoch: integer(own[5]) },
    next: null,
    credit: NO_CREDIT,
    revision: account.revision + revision,
    lowBalanceMinor: null,
    rates: null,
    autoSplit: null,
    openingBalanceMinor: null,
    allowance: {
      of: account.accountId,
      epochOfAccount: account.placement.epoch,
      budgetId: text(own[1]),
      periodStartUs: integer(own[2]),
      periodEndUs: own[3] === null ? null : integer(own[3]),
      grantedMinor: exact(own[4]),
      pending: pendingIn(own[6]),
      revision,
      isDeleted: integer(own[8]) === 1,
      limitMinor: exact(own[9]),
      isBudgetDeleted: integer(own[10]) === 1,
    },
  };
}
