import { type Command, isAccountWide, locksItsRow, otherRows } from '../ledger/command';
import type { AheadScope, AheadTransaction } from './batch-transaction';

/** What waits behind a batch. */
export interface NextBatch {
  readonly commands: readonly Command[];
  /** It takes no more than these: what else comes in will not be part of it. */
  readonly isFull: boolean;
}

/** From so many commands a row on, a batch's rows are taken to be those of whatever comes in while it is committed. */
const COMMANDS_A_ROW_MIN = 4;

type Rows = Map<string, Set<number>>;

/** The rows that commands name, by account. */
export function namedRows(commands: readonly Command[]): Rows {
  const rows: Rows = new Map();
  addNamedRows(rows, commands);
  return rows;
}

/**
 * What to lock for the next batch on the trip that commits this one; `undefined` where that would not do.
 *
 * A full batch needs the rows that it names. One that is not takes in what arrives until it begins: it is begun ahead only
 * where few rows serve many commands, so that those rows will be wanted then, and a batch does not become smaller by it.
 */
export function scopeAhead(
  batch: readonly Command[],
  { commands, isFull }: NextBatch,
): AheadScope | undefined {
  if (commands.length === 0 || commands.some(isAccountWide)) return undefined;
  const rows = namedRows(commands);
  if (rows.size === 0) return undefined;
  if (isFull) return { rows };
  addNamedRows(rows, batch);
  return count(rows) * COMMANDS_A_ROW_MIN <= batch.length ? { rows } : undefined;
}

function addNamedRows(rows: Rows, commands: readonly Command[]): void {
  for (const command of commands) {
    if (command.kind === 'receive') continue;
    const indices = indicesOf(rows, command.accountId);
    if (locksItsRow(command)) indices.add(command.subAccount);
    for (const other of otherRows(command)) indicesOf(rows, other.accountId).add(other.subAccount);
  }
}

function indicesOf(rows: Rows, accountId: string): Set<number> {
  let indices = rows.get(accountId);
  if (!indices) rows.set(accountId, (indices = new Set()));
  return indices;
}

function count(rows: Rows): number {
  let sum = 0;
  for (const indices of rows.values()) sum += indices.size;
  return sum;
}

/**
 * A transaction for a batch to come, that was begun and its rows locked on the trip that committed the one before. It is
 * used by the next batch or given up, at once: until then others wait for its rows.
 */
export class Ahead {
  constructor(readonly begun: AheadTransaction) {}

  /** Whether the rows that a command names are locked. */
  covers(command: Command): boolean {
    return locksItsRow(command) && this.#has(command) && otherRows(command).every((row) => this.#has(row));
  }

  #has({ accountId, subAccount }: { readonly accountId: string; readonly subAccount: number }): boolean {
    return this.begun.scope.rows.get(accountId)?.has(subAccount) === true;
  }

  /** Never rejects. */
  giveUp(): Promise<void> {
    return this.begun.transaction.rollback();
  }
}
