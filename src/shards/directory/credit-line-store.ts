import type { Parameter } from '../database';
import { accountColumns, type AccountRecord, toAccountRecord } from './account-record';
import { type CreditRound, roundText } from './credit-line';
import type { DirectoryDatabase } from './directory-database';
import { becomesSql, type ChangedColumns, toldChange } from './told-change';

/**
 * The steps by which a change of an account's credit line gets to its rows. Each is a compare-and-set on the line's version, so that
 * of several instances one makes it.
 */
export class CreditLineStore {
  constructor(
    private readonly database: DirectoryDatabase,
    /** Whether changes of accounts are kept for the feed. */
    private readonly keepsFeed: boolean,
  ) {}

  /** Accounts whose rows do not have what their limit says, by id. A range of `account_credit_unsettled`. */
  async unsettled(page: { readonly after: string; readonly limit: number }): Promise<AccountRecord[]> {
    const { dialect, now } = this.database;
    const index =
      dialect === 'mysql' ? 'FORCE INDEX (account_credit_unsettled)' : 'INDEXED BY account_credit_unsettled';
    const rows = await this.database.read(
      `SELECT ${accountColumns(now)} FROM account ${index} WHERE credit_unsettled = 1 AND account_id > ?
       ORDER BY account_id LIMIT ?`,
      [page.after, page.limit],
    );
    return rows.map(toAccountRecord);
  }

  /** Writes a round down before any row is told of it. */
  beginRound(account: AccountRecord, round: CreditRound): Promise<boolean> {
    return this.#step(account, 'credit_round = ?,', [roundText(round)]);
  }

  /** Every row in reach has taken the round. */
  endRound(account: AccountRecord): Promise<boolean> {
    return this.#step(account, 'credit_round = NULL,', []);
  }

  /** Notes that the account has used more than its limit, or no more, under a newer version of its status: its rows are told next. */
  async setOver(account: AccountRecord, isOver: boolean): Promise<boolean> {
    const over = isOver ? '1' : '0';
    const told = this.#told({ over_limit: becomesSql(over) });
    const matched = await this.database.write(
      `UPDATE account SET ${told.sql} over_limit = ${over}, status_version = status_version + 1,
         credit_version = credit_version + 1, revision = revision + 1, look_at_us = ${this.database.now}
       WHERE account_id = ? AND credit_version = ? AND status_version = ?`,
      [...told.parameters, account.accountId, account.credit.version, account.statusVersion],
    );
    return matched > 0;
  }

  /** The rows have what the limit says. */
  async settle(account: AccountRecord): Promise<boolean> {
    const told = this.#told({ credit_unsettled: becomesSql('NULL') });
    const matched = await this.database.write(
      `UPDATE account SET ${told.sql} credit_unsettled = NULL, credit_version = credit_version + 1,
         revision = revision + 1, look_at_us = ${this.database.now}
       WHERE account_id = ? AND credit_version = ?`,
      [...told.parameters, account.accountId, account.credit.version],
    );
    return matched > 0;
  }

  /**
   * The rows may have something else than the limit says: whoever looks next finds out.
   *
   * @param above the newest version that a row has
   */
  async unsettle(accountId: string, above: number): Promise<void> {
    await this.database.write(
      `UPDATE account SET credit_unsettled = 1,
         credit_version = CASE WHEN credit_version < ? THEN ? ELSE credit_version END + 1 WHERE account_id = ?`,
      [above, above, accountId],
    );
  }

  /** Lifts the version of a line above one that its rows have, as after a restore of the directory, and drops its round. */
  async lift(account: AccountRecord, above: number): Promise<boolean> {
    const matched = await this.database.write(
      `UPDATE account SET credit_round = NULL, credit_version = ? WHERE account_id = ? AND credit_version = ?`,
      [above + 1, account.accountId, account.credit.version],
    );
    return matched > 0;
  }

  /** The beginning of an UPDATE's list that tells the feed of it; nothing where no feed is kept. */
  #told(changed: ChangedColumns): { readonly sql: string; readonly parameters: readonly Parameter[] } {
    if (!this.keepsFeed) return { sql: '', parameters: [] };
    const { sql, parameters } = toldChange(this.database, 'account.changed', {
      revision: becomesSql('revision + 1'),
      ...changed,
    });
    return { sql: `${sql},`, parameters };
  }

  async #step(account: AccountRecord, set: string, parameters: readonly string[]): Promise<boolean> {
    const matched = await this.database.write(
      `UPDATE account SET ${set} credit_version = credit_version + 1 WHERE account_id = ? AND credit_version = ?`,
      [...parameters, account.accountId, account.credit.version],
    );
    return matched > 0;
  }
}
