import type { Entry } from '../../../src/ledger/entry';

/** What entries that were written past the product took from a sub-account. */
export interface Spending {
  readonly subAccount: number;
  readonly amountMinor: bigint;
  readonly entries: number;
}

/** Writes entries straight into one shard's table, with the product's own statement and nothing around it. */
export interface EntryWriter {
  /** Durable when it resolves. */
  write(entries: readonly Entry[]): Promise<void>;
  /** Takes what the entries took from the rows, so that the account balances again. */
  settle(accountId: string, spendings: readonly Spending[]): Promise<void>;
  close(): Promise<void>;
}

export const SETTLE_ROW = `UPDATE sub_account SET available = available - ?, net = net - ?, version = version + ?
  WHERE account_id = ? AND idx = ?`;
