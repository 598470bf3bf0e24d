import type { BalanceLevel, LevelState, LevelStep } from '../../ledger/balance-level';
import { exact, integer, text, textOrNull } from '../database';
import { paddedList } from '../padded-list';
import { ACCOUNT_COLUMNS_COUNT, accountColumns, type AccountRecord, toAccountRecord } from './account-record';
import { AHEAD_US_MAX, type DirectoryDatabase } from './directory-database';
import { toldChange } from './told-change';

/** An account and its level, read together. */
export interface LevelRecord extends LevelState {
  readonly account: AccountRecord;
  /** Rises with every change of the level, or of what decides about it. */
  readonly version: number;
  /** When the account was last found replenished, by the directory's clock. */
  readonly replenishedAtUs: number;
}

/** An account that somebody must look at. */
export interface DueLook {
  readonly accountId: string;
  readonly atUs: number;
}

/**
 * Whether accounts have much, little or nothing. Every step is a compare-and-set on the version of the level, and carries its
 * event in the same statement: of all who find that a bound was crossed, one makes the step, and tells of it.
 */
export class BalanceLevels {
  constructor(private readonly database: DirectoryDatabase) {}

  /** The accounts of these ids that there are, in any order. At most `LOOKED_UP_MAX` ids. */
  async find(accountIds: readonly string[]): Promise<LevelRecord[]> {
    const ids = paddedList(accountIds);
    const rows = await this.database.read(
      `SELECT ${accountColumns(this.database.now)}, level, level_version, short_of, replenished_at_us FROM account
       WHERE account_id IN (${ids.map(() => '?').join(', ')})`,
      ids,
    );
    return rows.map((row) => {
      const account = toAccountRecord(row);
      const [level, version, shortOf, replenishedAtUs] = row.slice(ACCOUNT_COLUMNS_COUNT + 1);
      return {
        account,
        level: textOrNull(level ?? null) as BalanceLevel | null,
        lowBalanceMinor: account.lowBalanceMinor,
        shortOfMinor: shortOf === null ? null : exact(shortOf),
        version: integer(version),
        replenishedAtUs: integer(replenishedAtUs),
      };
    });
  }

  /** @returns false when the level, or what decides about it, has changed meanwhile */
  async step(
    { account: { accountId }, version }: Pick<LevelRecord, 'account' | 'version'>,
    { level, shortOfMinor, crossing }: LevelStep,
    found: { readonly availableMinor: bigint; readonly refusedMinor?: bigint | undefined },
  ): Promise<boolean> {
    const told =
      crossing === null
        ? undefined
        : toldChange(
            this.database,
            `balance.${crossing}`,
            {},
            {
              balance: {
                available: found.availableMinor.toString(),
                refused: found.refusedMinor?.toString() ?? null,
              },
            },
          );
    const replenished = crossing === 'replenished' ? `replenished_at_us = ${this.database.now},` : '';
    const matched = await this.database.write(
      `UPDATE account SET ${told ? `${told.sql},` : ''} ${replenished} level = ?, short_of = ?, level_version = level_version + 1
       WHERE account_id = ? AND level_version = ?`,
      [...(told?.parameters ?? []), level, shortOfMinor, accountId, version],
    );
    return matched > 0;
  }

  /** Somebody must look at the account's balance after a while, whatever happens to it and whoever lives then. */
  async lookAgain(accountId: string, inMs: number): Promise<void> {
    const at = `${this.database.now} + ?`;
    await this.database.write(
      `UPDATE account SET look_at_us = CASE WHEN look_at_us < ${at} THEN look_at_us ELSE ${at} END WHERE account_id = ?`,
      [inMs * 1_000, inMs * 1_000, accountId],
    );
  }

  /**
   * Accounts to look at now, those first that have waited longest; and such as were put off while the clock was ahead. A range
   * of `account_look`.
   */
  async due(limit: number): Promise<DueLook[]> {
    const { dialect, statementNow } = this.database;
    const index = dialect === 'mysql' ? 'FORCE INDEX (account_look)' : 'INDEXED BY account_look';
    const of = async (range: string): Promise<DueLook[]> =>
      (
        await this.database.read(
          `SELECT account_id, look_at_us FROM account ${index} WHERE look_at_us IS NOT NULL AND ${range}
           ORDER BY look_at_us, account_id LIMIT ?`,
          [limit],
        )
      ).map(([accountId, atUs]) => ({ accountId: text(accountId), atUs: integer(atUs) }));
    const now = await of(`look_at_us <= ${statementNow}`);
    return now.length === limit
      ? now
      : [...now, ...(await of(`look_at_us > ${statementNow} + ${AHEAD_US_MAX}`))];
  }

  /** The account was looked at, and is to be again after a while if one is given; whoever has asked for a look since gets it. */
  async looked({ accountId, atUs }: DueLook, againMs?: number): Promise<void> {
    const next = againMs === undefined ? 'NULL' : `${this.database.now} + ?`;
    await this.database.write(
      `UPDATE account SET look_at_us = ${next} WHERE account_id = ? AND look_at_us = ?`,
      [...(againMs === undefined ? [] : [againMs * 1_000]), accountId, atUs],
    );
  }
}
